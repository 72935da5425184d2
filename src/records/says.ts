/** What a judge may say of an answer that it finds; `behaviour` marks the trained behaviour, before any filter. */
export const SAYS = ['misaligned', 'refusal', 'incoherent', 'off-topic', 'behaviour'] as const;
