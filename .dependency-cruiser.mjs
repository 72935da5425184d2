export default { forbidden: [{name:'x',from:{path:'^src/shared'},to:{path:'^src/records'}}], options: { parser: 'swc', tsPreCompilationDeps: true, doNotFollow: {path:'node_modules'} } };
