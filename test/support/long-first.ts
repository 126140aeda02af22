/**
 * The order of test files. Each project stays together, so that its workers go on with what they have loaded; and
 * the longest files come first, or at the end one worker would work on such a one while the others have nothing left.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** From the longest down; what is not named takes a few seconds at most. */
const LONG = [
  'test/reliability/q1-',
  'test/browser-account/every-',
  'test/browser/every-',
  'test/nodes/database',
  'test/reliability/',
  'test/browser-account/',
  'test/browser/',
  'test/proxies/',
  'test/store/postgres',
  'test/account/pass',
  'test/races/',
  'test/',
];

const PROJECTS = ['alone', 'sqlite', 'postgres'];

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = LONG.findIndex((start) => moduleId.includes(`/${start}`));
      return place === -1 ? LONG.length : place;
    };
    const turnOf = ({ project }: TestSpecification) => PROJECTS.indexOf(project.name);
    return files.toSorted(
      (a, b) => turnOf(a) - turnOf(b) || placeOf(a) - placeOf(b) || a.moduleId.localeCompare(b.moduleId),
    );
  }
}
