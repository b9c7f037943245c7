/** Who emitted a span: the parts of an OpenTelemetry resource (or of a Zipkin endpoint, a Jaeger process) that matter here. */
export interface Resource {
  /** `service.name`; `unknown_service` where there is none. */
  readonly service: string;
  /** `service.namespace`. */
  readonly namespace?: string;
  /** `deployment.environment.name`, before it `deployment.environment`. */
  readonly environment?: string;
  readonly version?: string;
  readonly instance?: string;
  /** First of `host.id`, `host.name`, `k8s.pod.uid`, `k8s.pod.name`, `host.ip`, or the endpoint's address: tells clocks apart. */
  readonly host?: string;
  /** `service.criticality`: critical, high, medium or low. */
  readonly criticality?: string;
  /** `pci.scope`, or the label of that name on pod, deployment or namespace. */
  readonly pciScope?: string;
  readonly k8sNamespace?: string;
  /** `cloud.region`. */
  readonly region?: string;
  /** `cloud.availability_zone`. */
  readonly zone?: string;
  /** `k8s.cluster.name`. */
  readonly cluster?: string;
}

/** Which resource attribute fills which field; where a field has several, the earlier key wins. */
export const RESOURCE_KEYS: readonly {
  readonly wireKey: string;
  readonly field: keyof Resource;
  readonly rank: number;
}[] = Object.entries({
  service: ['service.name'],
  namespace: ['service.namespace'],
  environment: ['deployment.environment.name', 'deployment.environment'],
  version: ['service.version'],
  instance: ['service.instance.id'],
  host: ['host.id', 'host.name', 'k8s.pod.uid', 'k8s.pod.name', 'host.ip', 'hostname', 'ip'],
  criticality: ['service.criticality'],
  pciScope: [
    'pci.scope',
    'k8s.pod.label.pci.scope',
    'k8s.pod.labels.pci.scope',
    'k8s.deployment.label.pci.scope',
    'k8s.namespace.label.pci.scope',
  ],
  k8sNamespace: ['k8s.namespace.name'],
  region: ['cloud.region'],
  zone: ['cloud.availability_zone', 'cloud.zone'],
  cluster: ['k8s.cluster.name'],
} satisfies Record<keyof Resource, string[]>).flatMap(([field, wireKeys]) =>
  wireKeys.map((wireKey, rank) => ({ wireKey, field: field as keyof Resource, rank })),
);

export const UNKNOWN_SERVICE = 'unknown_service';

/** Resources kept once, known by a small number. There are as many as instances of services, so objects will do. */
export class ResourceTable {
  readonly #resources: Resource[] = [];
  readonly #ids = new Map<string, number>();

  get size(): number {
    return this.#resources.length;
  }

  get(id: number): Resource {
    return this.#resources[id]!;
  }

  intern(resource: Resource): number {
    const identity = JSON.stringify(RESOURCE_FIELDS.map((field) => resource[field] ?? null));
    const known = this.#ids.get(identity);
    if (known !== undefined) return known;
    const id = this.#resources.length;
    this.#resources.push(resource);
    this.#ids.set(identity, id);
    return id;
  }
}

export const RESOURCE_FIELDS = [...new Set(RESOURCE_KEYS.map(({ field }) => field))] as const;
