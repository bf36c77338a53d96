export const SHORTENED: string[];
