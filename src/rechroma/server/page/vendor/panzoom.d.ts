/** What the studio uses of Panzoom 4.6.2, for the type checker; the license is in panzoom.LICENSE.txt. */
interface Panzoom {
  getScale(): number;
  getPan(): { x: number; y: number };
  zoom(scale: number, options?: { animate?: boolean }): unknown;
  zoomToPoint(scale: number, point: { clientX: number; clientY: number }): unknown;
  pan(x: number, y: number, options?: { relative?: boolean; animate?: boolean }): unknown;
  reset(options?: { animate?: boolean }): unknown;
  setOptions(options: { maxScale?: number }): void;
  handleDown(event: PointerEvent): void;
  handleMove(event: PointerEvent): void;
  handleUp(event: PointerEvent): void;
}
export default function Panzoom(element: HTMLElement, options: Record<string, unknown>): Panzoom;
