export const PEPPER: string;
export const TOKEN: string;
export const USER: string;
export const TERMS_URL: string;
export function addressAt(at: number): string;
export function mxidAt(at: number): string;
export function hashOf(address: string, pepper: string): string;
