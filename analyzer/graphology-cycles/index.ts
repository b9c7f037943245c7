export { compressEdges, compressGraph } from './compressed-graph.ts';
export type { CompressedGraph, GraphInput } from './compressed-graph.ts';
export {
  forEachStronglyConnectedComponent,
  labelComponents,
  stronglyConnectedComponents,
} from './strongly-connected-components.ts';
export type { ComponentLabels } from './strongly-connected-components.ts';
