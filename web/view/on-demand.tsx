import { useSignal } from '@preact/signals';
import type { ComponentChildren, FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';

/** A view whose code is fetched when it is first needed. */
type OnDemand<P> = FunctionComponent<P & { readonly children?: ComponentChildren }>;

const all: (() => Promise<void>)[] = [];

/** Fetches every view ahead of its time; harmless to call twice. */
export function prepareViews(): void {
  for (const fetchOnce of all) void fetchOnce();
}

/** Draws its children, if any, until the view is there. */
export function onDemand<P extends object>(load: () => Promise<FunctionComponent<P>>): OnDemand<P> {
  let ready: FunctionComponent<P> | undefined;
  let coming: Promise<void> | undefined;
  const fetchOnce = (): Promise<void> =>
    (coming ??= load().then(
      (view) => {
        ready = view;
      },
      () => {
        // Offline, or the server was updated: the next try asks again.
        coming = undefined;
      },
    ));
  all.push(fetchOnce);
  return function View({ children, ...rest }) {
    const isHere = useSignal(ready !== undefined);
    useEffect(() => {
      let isGone = false;
      void fetchOnce().then(() => {
        if (!isGone) isHere.value = ready !== undefined;
      });
      return () => {
        isGone = true;
      };
    }, []);
    const Loaded = isHere.value ? ready : undefined;
    return Loaded === undefined ? <>{children}</> : <Loaded {...(rest as unknown as P)} />;
  };
}
