// 24 px grid, one round stroke. `jp-icon3` takes the theme's colour for each of the attributes `fill` and `stroke` that is there, so a
// path that is not to be filled says so in its style.
export const svg = (shapes: string) => `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">${shapes}</svg>`;
export const path = (d: string) =>
  `<path class="jp-icon3" stroke="#616161" style="fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round" d="${d}"/>`;
