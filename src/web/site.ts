import { createContext } from 'preact';

/** What every page knows of the site it is on, and no page has to hand on. */
export interface Site {
  /** The product's name as its operator set it. */
  readonly product: string;
  /** Where style and scripts lie: a new address for every new content, so that browsers may keep them. */
  readonly assets: string;
}

export const SiteContext = createContext<Site>({ product: 'Sallyport', assets: '/assets/0' });
