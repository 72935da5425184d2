export async function reportFolder(_folder: string): Promise<void> {}
