// undici's whole index loads its fetch, caches and web sockets too, which takes longer than all of hyde's start; a pool is enough.
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}
