/** A process with eight Workers that compute, for `threads_test.ts`; ends by itself. */

import { runWorkers } from "./workers.ts";

const complaints = await runWorkers(8);
console.log(JSON.stringify(complaints));
