/**
 * Fastify compiles the schemas of all routes for each server. A run opens thousands of doors, whose schemas are all
 * the same: they share what was compiled, which is half of what a door costs.
 */
import { createRequire } from 'node:module';

type Compile = (route: { schema: object }) => unknown;
type MakeCompiler = (externalSchemas: object, options: object) => Compile;

const fromFastify = createRequire(createRequire(import.meta.url).resolve('fastify'));
const path = fromFastify.resolve('@fastify/ajv-compiler');
const original = (fromFastify(path) as () => MakeCompiler)();
const loaded = fromFastify.cache[path];
if (loaded === undefined) throw new Error('Fastify loads its compiler of schemas by other means now');
const compiled = new Map<Compile, Map<string, unknown>>();

const shared: MakeCompiler = (externalSchemas, options) => {
  // The same for the same options.
  const compile = original(externalSchemas, options);
  const known = compiled.get(compile) ?? new Map<string, unknown>();
  compiled.set(compile, known);
  return (route) => {
    const schema = JSON.stringify(route.schema);
    const validate = known.get(schema) ?? compile(route);
    known.set(schema, validate);
    return validate;
  };
};
// Fastify asks for it anew for each server.
loaded.exports = () => shared;
