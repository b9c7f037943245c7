import type { Point } from '../layout/geometry.ts';
import { duration, fullCount, plainName, plural } from './format.ts';
import type { Hit } from './hit.ts';
import { describeGroup, describeService } from './describe.ts';
import { useSession } from './session.ts';
import { modeWords } from './words.ts';

/** A few words beside the pointer. Everything in it is also in the panel. */
export function HoverCard({ hit, at }: { readonly hit: Hit; readonly at: Point }) {
  const lookup = useSession().lookup.value;
  if (lookup === undefined) return null;
  const style = { left: `${at.x + 14}px`, top: `${at.y + 16}px` };
  if (hit.kind === 'box')
    return (
      <div class="hover-card" role="tooltip" style={style}>
        <b>{plainName(hit.box.id)}</b>
        <span>{describeService(hit.box.id, lookup).split(', ').slice(1).join(' · ')}</span>
      </div>
    );
  if (hit.kind === 'group')
    return (
      <div class="hover-card" role="tooltip" style={style}>
        <b>{hit.group.name}</b>
        <span>{describeGroup(hit.group)}</span>
        {hit.group.name.startsWith('≈') && <span>Guessed from who calls whom, named after its busiest</span>}
        <span>Click to open it in place</span>
      </div>
    );
  if (hit.kind === 'title')
    return (
      <div class="hover-card" role="tooltip" style={style}>
        <b>{hit.frame.name}</b>
        <span>{plural(hit.frame.memberCount, 'service')} · click the name to close it to one box</span>
      </div>
    );
  const { caller, callee, linkCount } = hit.link;
  if (linkCount > 1 || caller.startsWith('group:') || callee.startsWith('group:'))
    return (
      <div class="hover-card" role="tooltip" style={style}>
        <b>
          {caller.replace(/^group:/, '')} → {callee.replace(/^group:/, '')}
        </b>
        <span>{plural(linkCount, 'link')}</span>
      </div>
    );
  const dependencies = (lookup.callees.get(caller) ?? []).filter((dependency) => dependency.callee === callee);
  return (
    <div class="hover-card" role="tooltip" style={style}>
      <b>
        {plainName(caller)} → {plainName(callee)}
      </b>
      {dependencies.map((dependency) => (
        <span key={dependency.mode}>
          {modeWords[dependency.mode]} · {fullCount(dependency.callCount)} calls · p95 {duration(dependency.p95Us)}
        </span>
      ))}
    </div>
  );
}
