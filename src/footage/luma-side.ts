/** Side of the luma thumbnails that a difference detector compares, in pixels. */
export const LUMA_SIDE = 50;
