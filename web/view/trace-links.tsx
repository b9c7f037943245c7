import { useSession } from './session.ts';

/** Example traces as buttons: the evidence one click away. */
export function TraceLinks({ traceIds }: { readonly traceIds: readonly string[] }) {
  const session = useSession();
  if (traceIds.length === 0) return null;
  return (
    <span class="trace-links">
      {traceIds.map((traceId) => (
        <button
          key={traceId}
          type="button"
          class="trace-link"
          title={`Open trace ${traceId}`}
          onClick={() => session.openTrace(traceId)}
        >
          {traceId.slice(0, 7)}
        </button>
      ))}
    </span>
  );
}
