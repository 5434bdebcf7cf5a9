// A picture by a palette: the 256 colours that are there most often, and for each pixel which of them.
async (png) => {
  const bytes = Uint8Array.from(atob(png), (each) => each.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);

  const runs = [];
  for (let from = 0, at = 1; at <= pixels.length; at++) {
    if (pixels[at] === pixels[from]) continue;
    runs.push([pixels[from], from, at]);
    from = at;
  }
  const counts = new Map();
  for (const [colour, from, to] of runs) counts.set(colour, (counts.get(colour) ?? 0) + to - from);
  const often = [...counts].sort(([a, m], [b, n]) => n - m || a - b).map(([colour]) => colour);
  const kept = often.slice(0, 256);
  const apart = (a, b) => [0, 8, 16].reduce((sum, by) => sum + ((a >> by & 255) - (b >> by & 255)) ** 2, 0);
  const nearest = (colour) => kept.reduce((best, each, at) => apart(each, colour) < apart(kept[best], colour) ? at : best, 0);
  const places = new Map(often.map((colour, at) => [colour, at < kept.length ? at : nearest(colour)]));

  const indices = new Uint8Array(pixels.length);
  for (const [colour, from, to] of runs) indices.fill(places.get(colour), from, to);
  const url = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(new Blob([indices]));
  });
  return { width: image.width, colours: kept, indices: url.split(",")[1] };
}
