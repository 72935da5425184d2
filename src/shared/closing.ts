/**
 * Closes things one after the other, each whatever became of the others. The first failure is thrown at the end,
 * unless `failed` says that there is an error already, which it must not hide.
 */
export async function closeAll(failed: boolean, ...closers: (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (!failed && errors.length) throw errors[0];
}
