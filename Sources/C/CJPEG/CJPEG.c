#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>

// The error manager comes first, so that a pointer to it is a pointer to this.
struct error_context {
  struct jpeg_error_mgr manager;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  char text[JMSG_LENGTH_MAX];
};

static void on_error(j_common_ptr info) {
  struct error_context *context = (struct error_context *)info->err;
  if (!context->text[0]) info->err->format_message(info, context->text);
  longjmp(context->jump, 1);
}

// Whether a warning means that pixels are made up; the others are about headers.
static int is_damage(int code) {
  return code == JWRN_ARITH_BAD_CODE || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
         code == JWRN_JPEG_EOF || code == JWRN_MUST_RESYNC;
}

// Level -1 is a warning: corrupt data that libjpeg papers over.
static void on_message(j_common_ptr info, int level) {
  struct error_context *context = (struct error_context *)info->err;
  if (level >= 0 || !is_damage(info->err->msg_code)) return;
  info->err->format_message(info, context->text);
  longjmp(context->jump, 1);
}

// A progressive file may repeat scans over the whole picture without end; 256 is far
// more than any encoder writes (libjpeg's own script has 10).
static void on_progress(j_common_ptr info) {
  struct error_context *context = (struct error_context *)info->err;
  if (((struct jpeg_decompress_struct *)info)->input_scan_number <= 256) return;
  strcpy(context->text, "it has more than 256 scans");
  longjmp(context->jump, 1);
}

static unsigned read16(const uint8_t *bytes, int is_little) {
  return is_little ? bytes[0] | bytes[1] << 8 : bytes[0] << 8 | bytes[1];
}

static unsigned long read32(const uint8_t *bytes, int is_little) {
  unsigned long first = read16(bytes, is_little), second = read16(bytes + 2, is_little);
  return is_little ? first | second << 16 : first << 16 | second;
}

// The orientation tag (0x0112) of the first directory of an EXIF block.
static int exif_orientation(const uint8_t *block, size_t count) {
  if (count < 14 || memcmp(block, "Exif\0\0", 6) != 0) return 1;
  const uint8_t *tiff = block + 6;
  size_t size = count - 6;
  int is_little = tiff[0] == 'I';
  size_t directory = read32(tiff + 4, is_little);
  if (directory > size - 2) return 1;
  unsigned entries = read16(tiff + directory, is_little);
  for (unsigned i = 0; i < entries; i++) {
    size_t entry = directory + 2 + 12 * (size_t)i;
    if (entry + 12 > size) return 1;
    if (read16(tiff + entry, is_little) != 0x0112) continue;
    unsigned value = read16(tiff + entry + 8, is_little);
    return value >= 1 && value <= 8 ? (int)value : 1;
  }
  return 1;
}

static int find_orientation(j_decompress_ptr info) {
  for (jpeg_saved_marker_ptr marker = info->marker_list; marker; marker = marker->next)
    if (marker->marker == JPEG_APP0 + 1) {
      int orientation = exif_orientation(marker->data, marker->data_length);
      if (orientation != 1) return orientation;
    }
  return 1;
}

static uint8_t times_over_255(unsigned first, unsigned second) {
  unsigned product = first * second + 128;
  return (uint8_t)((product + (product >> 8)) >> 8);
}

static uint8_t saturating_difference(int first, int second) {
  return first > second ? (uint8_t)(first - second) : 0;
}

// One row of CMYK, stored inverted as Adobe does, to RGB, in Pillow's integer arithmetic.
static void convert_row(const uint8_t *source, uint8_t *target, size_t width) {
  for (size_t x = 0; x < width; x++, source += 4, target += 3) {
    unsigned light = source[3];
    for (int c = 0; c < 3; c++)
      target[c] = saturating_difference((int)light, times_over_255(255u - source[c], light));
  }
}

static void decode(struct jpeg_decompress_struct *info, const uint8_t *data, size_t count,
                   uint32_t wanted, size_t byte_limit, struct cjpeg_image *image,
                   uint8_t **pixels_out, uint8_t **row_out) {
  struct error_context *context = (struct error_context *)info->err;
  jpeg_mem_src(info, data, count);
  jpeg_save_markers(info, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(info, TRUE);
  image->orientation = find_orientation(info);
  int is_cmyk = info->num_components == 4, is_grey = info->num_components == 1;
  uint32_t channels = wanted ? wanted : (is_grey ? 1 : 3);
  if (channels == 1 && !is_grey) {
    strcpy(context->text, "it has colours where grey is needed");
    longjmp(context->jump, 1);
  }
  size_t bytes = (size_t)info->image_width * info->image_height * channels;
  if (bytes > byte_limit) {
    strcpy(context->text, "it is larger than the limit for one picture");
    longjmp(context->jump, 1);
  }
  // A Huffman code spends at least one bit on 64 pixels; arithmetic coding may do 16 times better.
  if ((size_t)info->image_width * info->image_height / 512 / 16 > count) {
    strcpy(context->text, "it is too short for its width and height");
    longjmp(context->jump, 1);
  }
  info->out_color_space = is_cmyk ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(info);
  uint8_t *pixels = *pixels_out = malloc(bytes ? bytes : 1);
  uint8_t *row = *row_out = is_cmyk ? malloc((size_t)info->image_width * 4) : NULL;
  if (!pixels || (is_cmyk && !row)) {
    strcpy(context->text, "out of memory");
    longjmp(context->jump, 1);
  }
  size_t stride = (size_t)info->output_width * channels;
  while (info->output_scanline < info->output_height) {
    uint8_t *target = pixels + stride * info->output_scanline;
    JSAMPROW target_row = is_cmyk ? row : target;
    jpeg_read_scanlines(info, &target_row, 1);
    if (is_cmyk) convert_row(row, target, info->output_width);
  }
  jpeg_finish_decompress(info);
  image->width = info->output_width;
  image->height = info->output_height;
  image->channels = channels;
}

int cjpeg_decode(const uint8_t *data, size_t count, uint32_t channels, size_t byte_limit,
                 struct cjpeg_image *image, char *message, size_t message_size) {
  struct jpeg_decompress_struct info;
  struct error_context context;
  uint8_t *volatile pixels = NULL, *volatile row = NULL;
  volatile int failed = 1;
  memset(image, 0, sizeof *image);
  memset(&context, 0, sizeof context);
  info.err = jpeg_std_error(&context.manager);
  context.manager.error_exit = on_error;
  context.manager.emit_message = on_message;
  if (!setjmp(context.jump)) {
    jpeg_create_decompress(&info);
    context.progress.progress_monitor = on_progress;
    info.progress = &context.progress;
    // What libjpeg itself may allocate: the coefficients of a progressive file, above all.
    info.mem->max_memory_to_use = 1L << 30;
    decode(&info, data, count, channels, byte_limit, image, (uint8_t **)&pixels,
           (uint8_t **)&row);
    failed = 0;
  }
  jpeg_destroy_decompress(&info);
  free(row);
  if (failed) {
    free(pixels);
    strncpy(message, context.text, message_size - 1);
    message[message_size - 1] = 0;
    return 1;
  }
  image->pixels = pixels;
  return 0;
}

#define CJPEG_QUOTE(text) #text
#define CJPEG_TEXT(macro) CJPEG_QUOTE(macro)

const char *cjpeg_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
  return "libjpeg-turbo " CJPEG_TEXT(LIBJPEG_TURBO_VERSION);
#else
  return "libjpeg " CJPEG_TEXT(JPEG_LIB_VERSION);
#endif
}

void cjpeg_free(void *memory) { free(memory); }
