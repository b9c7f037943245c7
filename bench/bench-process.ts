import { BENCHES } from './figures.ts';

// One bench in a process of its own: what another one taught the compiler neither helps nor harms it.
const results = await BENCHES[process.argv[2]!]!();
process.send!(results);
process.disconnect();
