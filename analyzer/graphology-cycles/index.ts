export { compressEdges, compressGraph } from './compressed-graph.ts';
export type { CompressedGraph, GraphInput } from './compressed-graph.ts';
export {
  forEachStronglyConnectedComponent,
  labelComponents,
  stronglyConnectedComponents,
} from './strongly-connected-components.ts';
export type { ComponentLabels } from './strongly-connected-components.ts';
export { condensation, topologicalGenerations } from './condensation.ts';
export type { CondensedEdge, CondensedNode } from './condensation.ts';
export { elementaryCycles, forEachElementaryCycle } from './elementary-cycles.ts';
export type { ElementaryCycles, ElementaryCyclesOptions } from './elementary-cycles.ts';
export { rotateToSmallest } from './rotate-to-smallest.ts';
export { forEachShortestCycle, shortestCycles, shortestCycleThrough } from './shortest-cycle.ts';
export type { ShortestCyclesOptions } from './shortest-cycle.ts';
export { feedbackArcs, feedbackArcSet } from './feedback-arc-set.ts';
export type { FeedbackArcs, FeedbackArcSetOptions, FeedbackArcSetSearch } from './feedback-arc-set.ts';
