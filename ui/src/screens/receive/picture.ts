/** Saves the code as a PNG, large enough to print. */
export async function savePicture(svg: string, name: string): Promise<void> {
  const size = 1040;
  const image = new Image(size, size);
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas to draw the picture on");
  context.imageSmoothingEnabled = false;
  context.drawImage(image, 0, 0, size, size);
  const link = document.createElement("a");
  link.href = canvas.toDataURL("image/png");
  link.download = name;
  link.click();
}
