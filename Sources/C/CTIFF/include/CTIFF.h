#pragma once
#include <stddef.h>
#include <stdint.h>

/// Interleaved 8-bit pixels, row after row; freed with ctiff_free.
struct ctiff_image {
  uint32_t width, height;
  /// 1 grey, 3 RGB.
  uint32_t channels;
  /// The orientation tag, 1 to 8.
  int orientation;
  uint8_t *pixels;
};

/// Decodes a TIFF file of one picture that lies in memory, in strips or tiles.
///
/// Bilevel, grey, palette, RGB, CMYK, and YCbCr in JPEG; 1 to 8 and 16 bits; alpha is dropped. 16-bit
/// colour keeps its high byte, 16-bit grey is clipped at 255, as Pillow's convert("RGB") does. The
/// orientation is reported, not applied. What libtiff warns about while it decodes is an error.
/// Returns 0, 1 for a damaged file or 2 for one that is not read, with a message of at most
/// `message_size` bytes.
int ctiff_decode(const uint8_t *data, size_t count, size_t byte_limit, struct ctiff_image *image,
                 char *message, size_t message_size);

void ctiff_free(void *memory);
