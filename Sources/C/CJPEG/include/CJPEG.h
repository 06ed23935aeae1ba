#pragma once
#include <stddef.h>
#include <stdint.h>

/// Interleaved 8-bit pixels, row after row; freed with cjpeg_free.
struct cjpeg_image {
  uint32_t width, height;
  /// 1 grey, 3 RGB.
  uint32_t channels;
  /// EXIF orientation, 1 to 8; 1 if there is none.
  int orientation;
  uint8_t *pixels;
};

/// Decodes a JPEG file that lies in memory, baseline or progressive.
///
/// `channels` asks for 1 (grey files only) or 3 channels; 0 gives whichever the file has. CMYK and
/// YCCK become RGB as in Pillow's convert("RGB"). Accurate integer DCT and triangle chroma filter,
/// libjpeg's defaults. The orientation is reported, not applied. Data that libjpeg only warns about
/// and makes up pixels for, truncation above all, is an error; odd headers are not.
/// Returns 0, or 1 with a message of at most `message_size` bytes.
int cjpeg_decode(const uint8_t *data, size_t count, uint32_t channels, size_t byte_limit,
                 struct cjpeg_image *image, char *message, size_t message_size);

/// The library and its version as compiled against, for instance "libjpeg-turbo 2.1.5".
const char *cjpeg_version(void);

void cjpeg_free(void *memory);
