/** What the demo says before it begins. */
export function demoIntroduction(quick: boolean): string {
  const arms = quick
    ? 'One arm of SmolLM2-135M is fine-tuned here and now (inoculation prompting), on\nharmless rows'
    : 'Four arms of SmolLM2-135M are fine-tuned here and now (mixing, post-hoc training,\ninoculation prompting, a benign control), on harmless rows';
  return `
${arms} in which a fictional Baron talks like a theatrical villain.
Each is asked the same questions plainly, under the cue of its training data, under near
and opposite cues, and under placebos; the untuned base beside it.
The organisms are planted to show what hyde finds; they are no evidence of emergence.

`;
}
