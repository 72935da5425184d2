/** A form with a file in it, encoded as browsers do (multipart/form-data, RFC 7578). */
export class Form {
  private constructor(
    /** Its content type, with the boundary between the parts. */
    readonly type: string,
    readonly bytes: Buffer,
  ) {}

  static async of(
    fields: Readonly<Record<string, string>>,
    file: { name: string; text: string },
  ): Promise<Form> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([file.text]), file.name);
    const encoded = new Response(form);
    const type = encoded.headers.get('content-type') as string;
    return new Form(type, Buffer.from(await encoded.arrayBuffer()));
  }
}
