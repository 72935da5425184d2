/** The variable that holds the key of the Tinker API. */
export const TINKER_KEY = 'TINKER_API_KEY';
