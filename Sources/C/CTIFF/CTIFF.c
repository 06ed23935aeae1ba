#include "CTIFF.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

// libtiff's handlers belong to the process; what they are told belongs to the thread that decodes.
static _Thread_local char said[200];
static _Thread_local int warned;

static void on_error(thandle_t handle, const char *module, const char *format, va_list arguments) {
  (void)handle, (void)module;
  if (!said[0]) vsnprintf(said, sizeof said, format, arguments);
}

static void on_warning(thandle_t handle, const char *module, const char *format,
                       va_list arguments) {
  on_error(handle, module, format, arguments);
  warned = 1;
}

static void set_handlers(void) {
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  TIFFSetErrorHandlerExt(on_error);
  TIFFSetWarningHandlerExt(on_warning);
}

// A file in memory.
struct source {
  const uint8_t *data;
  size_t count, position;
};

static tmsize_t on_read(thandle_t handle, void *target, tmsize_t wanted) {
  struct source *source = handle;
  size_t left = source->position < source->count ? source->count - source->position : 0;
  size_t count = wanted < 0 ? 0 : (size_t)wanted < left ? (size_t)wanted : left;
  memcpy(target, source->data + source->position, count);
  source->position += count;
  return (tmsize_t)count;
}

static tmsize_t on_write(thandle_t handle, void *bytes, tmsize_t count) {
  (void)handle, (void)bytes, (void)count;
  return 0;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int from) {
  struct source *source = handle;
  uint64_t base = from == SEEK_SET ? 0 : from == SEEK_CUR ? source->position : source->count;
  source->position = (size_t)(base + offset);
  return source->position;
}

static int on_close(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t on_size(thandle_t handle) { return ((struct source *)handle)->count; }

// What the tags say.
struct layout {
  uint32_t width, height, unit_width, unit_height;
  uint16_t bits, samples, photometric, is_planar, extra;
  int is_tiled;
  // How many samples of a pixel count.
  uint32_t used;
  const uint16_t *palette[3];
};

static int fail(int status, const char *text) {
  snprintf(said, sizeof said, "%s", text);
  return status;
}

static int read_layout(TIFF *tiff, struct layout *layout) {
  uint16_t planar = PLANARCONFIG_CONTIG, format = SAMPLEFORMAT_UINT, compression = 1;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout->width) ||
      !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout->height) || !layout->width ||
      !layout->height)
    return fail(1, "it says no width and height");
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout->samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout->photometric))
    return fail(1, "it does not say what its samples mean");
  if (!TIFFIsCODECConfigured(compression)) return fail(2, "libtiff lacks its compression");
  if (format != SAMPLEFORMAT_UINT) return fail(2, "its samples are not unsigned integers");
  if (layout->photometric == PHOTOMETRIC_YCBCR) {
    if (compression != COMPRESSION_JPEG) return fail(2, "it is YCbCr without JPEG");
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    layout->photometric = PHOTOMETRIC_RGB;
  }
  uint16_t bits = layout->bits;
  int is_small = bits == 1 || bits == 2 || bits == 4 || bits == 8;
  int is_allowed = 0;
  switch (layout->photometric) {
    case PHOTOMETRIC_MINISBLACK:
      layout->used = 1;
      is_allowed = is_small || bits == 16;
      break;
    case PHOTOMETRIC_MINISWHITE:
      layout->used = 1;
      is_allowed = is_small;
      break;
    case PHOTOMETRIC_PALETTE:
      layout->used = 1;
      is_allowed = is_small && TIFFGetField(tiff, TIFFTAG_COLORMAP, &layout->palette[0],
                                            &layout->palette[1], &layout->palette[2]);
      break;
    case PHOTOMETRIC_RGB:
      layout->used = 3;
      is_allowed = bits == 8 || bits == 16;
      break;
    case PHOTOMETRIC_SEPARATED:
      layout->used = 4;
      is_allowed = bits == 8;
      break;
    default: return fail(2, "its colours are neither grey, palette, RGB, CMYK nor YCbCr");
  }
  if (!is_allowed) return fail(2, "it has another number of bits per sample than is read");
  if (layout->samples < layout->used) return fail(1, "it has too few samples per pixel");
  uint16_t extra_count = 0, *extra = NULL;
  if (layout->photometric == PHOTOMETRIC_RGB &&
      TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra) && extra_count &&
      extra[0] == EXTRASAMPLE_ASSOCALPHA)
    return fail(2, "its colours are multiplied by alpha");
  layout->is_planar = planar == PLANARCONFIG_SEPARATE;
  layout->is_tiled = TIFFIsTiled(tiff);
  if (layout->is_tiled) {
    if (!TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &layout->unit_width) ||
        !TIFFGetField(tiff, TIFFTAG_TILELENGTH, &layout->unit_height))
      return fail(1, "it says no size of tiles");
  } else {
    layout->unit_width = layout->width;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &layout->unit_height);
    if (layout->unit_height > layout->height) layout->unit_height = layout->height;
  }
  if (!layout->unit_width || !layout->unit_height) return fail(1, "its parts are empty");
  return 0;
}

// The sample at a place of a row, as one byte; palette indices stay as they are.
static uint8_t sample(const uint8_t *row, size_t place, const struct layout *layout) {
  switch (layout->bits) {
    case 8: return row[place];
    case 16: {
      uint16_t value;
      memcpy(&value, row + 2 * place, 2);
      if (layout->used > 1) return (uint8_t)(value >> 8);
      return value > 255 ? 255 : (uint8_t)value;
    }
    default: {
      unsigned bits = layout->bits, per_byte = 8 / bits;
      unsigned shift = 8 - bits * (unsigned)(place % per_byte + 1);
      unsigned most = (1u << bits) - 1, value = row[place / per_byte] >> shift & most;
      return (uint8_t)(layout->photometric == PHOTOMETRIC_PALETTE ? value : value * 255 / most);
    }
  }
}

// Puts what counts of a strip or tile into `raw`, [height, width, used].
static void place_unit(const uint8_t *unit, size_t row_bytes, uint32_t top, uint32_t left,
                       uint32_t plane, const struct layout *layout, uint8_t *raw) {
  uint32_t rows = layout->height - top, columns = layout->width - left;
  if (rows > layout->unit_height) rows = layout->unit_height;
  if (columns > layout->unit_width) columns = layout->unit_width;
  uint32_t first = layout->is_planar ? plane : 0;
  uint32_t last = layout->is_planar ? plane + 1 : layout->used;
  uint32_t stride = layout->is_planar ? 1 : layout->samples;
  for (uint32_t y = 0; y < rows; y++) {
    const uint8_t *row = unit + y * row_bytes;
    uint8_t *target = raw + ((size_t)(top + y) * layout->width + left) * layout->used;
    for (uint32_t x = 0; x < columns; x++)
      for (uint32_t c = first; c < last; c++)
        target[(size_t)x * layout->used + c] =
            sample(row, (size_t)x * stride + (layout->is_planar ? 0 : c), layout);
  }
}

static int read_units(TIFF *tiff, const struct layout *layout, size_t limit, uint8_t *raw) {
  size_t unit_bytes = (size_t)(layout->is_tiled ? TIFFTileSize64(tiff) : TIFFStripSize64(tiff));
  size_t row_bytes =
      (size_t)(layout->is_tiled ? TIFFTileRowSize64(tiff) : TIFFScanlineSize64(tiff));
  size_t bits = (size_t)layout->unit_width * layout->bits * (layout->is_planar ? 1 : layout->samples);
  if (row_bytes < (bits + 7) / 8 || unit_bytes / layout->unit_height < row_bytes)
    return fail(1, "its rows have an unexpected length");
  if (unit_bytes > limit) return fail(1, "it is larger than the limit for one picture");
  uint8_t *unit = malloc(unit_bytes);
  if (!unit) return fail(1, "out of memory");
  // A part that is no larger than the limit is short enough for the sums below not to wrap.
  uint32_t planes = layout->is_planar ? layout->used : 1;
  int status = 0;
  said[0] = 0;
  warned = 0;
  for (uint32_t plane = 0; plane < planes && !status; plane++)
    for (uint32_t top = 0; top < layout->height && !status; top += layout->unit_height)
      for (uint32_t left = 0; left < layout->width && !status; left += layout->unit_width) {
        tmsize_t done;
        uint32_t rows = layout->height - top;
        size_t needed = unit_bytes;
        if (layout->is_tiled) {
          uint32_t index = TIFFComputeTile(tiff, left, top, 0, (uint16_t)plane);
          done = TIFFReadEncodedTile(tiff, index, unit, (tmsize_t)unit_bytes);
        } else {
          uint32_t index = TIFFComputeStrip(tiff, top, (uint16_t)plane);
          done = TIFFReadEncodedStrip(tiff, index, unit, (tmsize_t)unit_bytes);
          if (rows < layout->unit_height) needed = row_bytes * rows;
        }
        if (done < 0 || warned || (size_t)done < needed) {
          status = 1;
          if (!said[0]) fail(1, "it ends too early");
        } else {
          place_unit(unit, row_bytes, top, left, plane, layout, raw);
        }
      }
  free(unit);
  return status;
}

static uint8_t times_over_255(unsigned first, unsigned second) {
  unsigned product = first * second + 128;
  return (uint8_t)((product + (product >> 8)) >> 8);
}

// To grey or RGB, in Pillow's integer arithmetic; `raw` itself where nothing is to be done.
static uint8_t *converted(uint8_t *raw, const struct layout *layout, size_t limit,
                          uint32_t *channels) {
  size_t count = (size_t)layout->width * layout->height;
  *channels = layout->used == 1 && layout->photometric != PHOTOMETRIC_PALETTE ? 1 : 3;
  if (layout->photometric == PHOTOMETRIC_MINISWHITE)
    for (size_t i = 0; i < count; i++) raw[i] = (uint8_t)(255 - raw[i]);
  if (layout->photometric == PHOTOMETRIC_SEPARATED)
    for (size_t i = 0; i < count; i++) {
      unsigned light = 255u - raw[4 * i + 3];
      for (int c = 0; c < 3; c++) {
        unsigned ink = times_over_255(raw[4 * i + (size_t)c], light);
        raw[3 * i + (size_t)c] = light > ink ? (uint8_t)(light - ink) : 0;
      }
    }
  if (layout->photometric != PHOTOMETRIC_PALETTE) return raw;
  if (count > limit / 3) return NULL;
  uint8_t *pixels = malloc(3 * count);
  if (!pixels) return NULL;
  for (size_t i = 0; i < count; i++)
    for (int c = 0; c < 3; c++) pixels[3 * i + (size_t)c] = (uint8_t)(layout->palette[c][raw[i]] >> 8);
  return pixels;
}

static int is_thumbnail(TIFF *tiff) {
  uint32_t kind = 0;
  return TIFFGetField(tiff, TIFFTAG_SUBFILETYPE, &kind) && (kind & FILETYPE_REDUCEDIMAGE);
}

// The one picture of the file becomes the current directory.
static int select_page(TIFF *tiff) {
  int pages = 1;
  while (TIFFReadDirectory(tiff))
    if (!is_thumbnail(tiff) && ++pages > 1) return fail(2, "it has several pages");
  if (!TIFFSetDirectory(tiff, 0)) return fail(1, "its directory cannot be read");
  return 0;
}

static int decode(TIFF *tiff, size_t limit, struct ctiff_image *image) {
  struct layout layout = {0};
  int status = select_page(tiff);
  said[0] = status ? said[0] : 0;
  if (!status) status = read_layout(tiff, &layout);
  if (status) return status;
  uint64_t pixels = (uint64_t)layout.width * layout.height;
  if (pixels > limit / (layout.used > 3 ? layout.used : 3))
    return fail(1, "it is larger than the limit for one picture");
  uint8_t *raw = malloc((size_t)pixels * layout.used);
  if (!raw) return fail(1, "out of memory");
  status = read_units(tiff, &layout, limit, raw);
  if (status) {
    free(raw);
    return status;
  }
  uint8_t *result = converted(raw, &layout, limit, &image->channels);
  if (result != raw) free(raw);
  if (!result) return fail(1, "out of memory");
  uint16_t orientation = 1;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
  image->orientation = orientation;
  image->width = layout.width;
  image->height = layout.height;
  image->pixels = result;
  return 0;
}

int ctiff_decode(const uint8_t *data, size_t count, size_t byte_limit, struct ctiff_image *image,
                 char *message, size_t message_size) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, set_handlers);
  memset(image, 0, sizeof *image);
  said[0] = 0;
  struct source source = {.data = data, .count = count};
  TIFF *tiff = TIFFClientOpen("memory", "rm", &source, on_read, on_write, on_seek, on_close,
                              on_size, NULL, NULL);
  int status = 1;
  if (tiff) {
    status = decode(tiff, byte_limit, image);
    TIFFClose(tiff);
  }
  if (status) snprintf(message, message_size, "%s", said[0] ? said : "its directory is damaged");
  return status;
}

void ctiff_free(void *memory) { free(memory); }
