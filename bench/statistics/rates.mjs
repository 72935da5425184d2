// Rates of misaligned answers in the four cells of a cue.
export const rates = (tunedCued, tunedPlain = 0, baseCued = 0, basePlain = 0) => ({
  tunedCued,
  tunedPlain,
  baseCued,
  basePlain,
});
export const everywhere = (rate) => rates(rate, rate, rate, rate);
