// A mask that is a volume, slice by slice as the volume that it belongs to is displayed.
import { ImageError } from '../errors.ts';
import { type MaskValues, wholeValues } from '../masks/values.ts';
import { closestDirections, type Directions, toDisplayOrder } from '../scans/orientation.ts';
import { type Axis, type Volume, volumeSliceOrder } from './volume.ts';

/** Voxel axes further apart than this, in millimeters per voxel, are those of another volume. */
const SAME_DIRECTION = 0.02;

const column = (directions: Directions, axis: number): number[] => directions.map((row) => row[axis] as number);

/** Whether two voxel axes are parallel, with the same distance of voxels. */
const isParallel = (a: readonly number[], b: readonly number[], sign: number): boolean =>
  a.every((value, i) => Math.abs(value - sign * (b[i] as number)) <= SAME_DIRECTION * Math.max(1, Math.hypot(...a)));

/**
 * The values of a mask volume. Its voxels may be stored in another order than those of its image: slices are matched as displayed.
 *
 * @returns the values of the mask for a slice of the image
 * @throws {ImageError} for a mask of another geometry; by the returned function also for values that are no labels
 */
export function maskSlices(mask: Volume, image: Volume, axis: Axis): (index: number) => MaskValues {
  const refuse = (expected: string, actual: string) =>
    new ImageError(mask.name, expected, actual, { remedy: 'Choose the mask of this volume.' });
  if (!mask.storedValues) throw refuse('a mask volume of whole numbers', 'one of colors');
  const read = mask.storedValues;
  const order = volumeSliceOrder(image, axis);
  const count = image.shape[axis];
  let [across, isReversed, maskOrder] = [axis, false, order];
  if (image.directions && mask.directions) {
    const [ours, theirs] = [closestDirections(image.directions), closestDirections(mask.directions)];
    const match = ours.map(({ axis: anatomical }) => theirs.findIndex((one) => one.axis === anatomical) as Axis);
    for (const [i, j] of match.entries())
      if (
        image.shape[i] === mask.shape[j] &&
        !isParallel(
          column(image.directions, i),
          column(mask.directions, j),
          (ours[i]?.sign as number) * (theirs[j]?.sign as number),
        )
      )
        throw refuse('a mask with the spacing and directions of its image', 'others');
    across = match[axis] as Axis;
    isReversed = ours[axis]?.sign !== theirs[across]?.sign;
    maskOrder = volumeSliceOrder(mask, across);
  } else if (mask.shape.some((size, k) => size !== image.shape[k]))
    throw refuse(`a mask of ${image.shape.join('x')} voxels`, mask.shape.join('x'));
  const found = [maskOrder.width, maskOrder.height, mask.shape[across]];
  if (found.some((size, k) => size !== [order.width, order.height, count][k]))
    throw refuse(`a mask of ${order.width}x${order.height}x${count} voxels as displayed`, found.join('x'));
  return (index) =>
    wholeValues(
      order.width,
      order.height,
      toDisplayOrder(read(across, isReversed ? count - 1 - index : index), maskOrder),
      mask.name,
    );
}
