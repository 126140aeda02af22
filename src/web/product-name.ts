import { createContext } from 'preact';

/** The product's name as its operator set it; every page shows it, no page has to hand it on. */
export const ProductName = createContext('Sallyport');
