/** Of a command that sent nothing: what may be the matter. */
export const NOT_A_SPAN =
  'not a single span arrived while it ran, so nothing can be said. Is it instrumented? With the OpenTelemetry SDK for Node it ' +
  'takes no change of code: --import ./instrumentation.mjs. A process that is killed sends nothing more: end it with SIGTERM.';
