#include "CPNG.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

// What libpng's callbacks share: the bytes, and where its message goes.
struct context {
  const uint8_t *data;
  size_t count, offset;
  uint8_t *output;
  size_t output_count, output_capacity;
  char *message;
  size_t message_size;
};

static void on_error(png_structp png, png_const_charp text) {
  struct context *context = png_get_error_ptr(png);
  strncpy(context->message, text, context->message_size - 1);
  context->message[context->message_size - 1] = 0;
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void on_read(png_structp png, png_bytep target, size_t count) {
  struct context *context = png_get_io_ptr(png);
  if (count > context->count - context->offset) png_error(png, "it ends too early");
  memcpy(target, context->data + context->offset, count);
  context->offset += count;
}

static void on_write(png_structp png, png_bytep source, size_t count) {
  struct context *context = png_get_io_ptr(png);
  if (count > context->output_capacity - context->output_count) {
    size_t capacity = (context->output_count + count) * 2;
    uint8_t *grown = realloc(context->output, capacity);
    if (!grown) png_error(png, "out of memory");
    context->output = grown;
    context->output_capacity = capacity;
  }
  memcpy(context->output + context->output_count, source, count);
  context->output_count += count;
}

static void on_flush(png_structp png) { (void)png; }

// 16-bit grey is decoded whole and then clipped, in place.
static void clip_to_bytes(uint8_t *pixels, size_t count, size_t samples) {
  for (size_t i = 0; i < count; i++) {
    const uint8_t *sample = pixels + i * samples * 2;
    uint8_t value = sample[0] ? 255 : sample[1];
    pixels[i] = value;
  }
}

static void set_transforms(png_structp png, int color, int bits, uint32_t channels, int clips) {
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && bits < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (bits == 16 && !clips) png_set_strip_16(png);
  if (clips) return;
  int is_grey = !(color & PNG_COLOR_MASK_COLOR);
  if (channels != 4) {
    png_set_strip_alpha(png);
  } else if (!(color & PNG_COLOR_MASK_ALPHA)) {
    png_set_tRNS_to_alpha(png);
    png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
  }
  if (is_grey && channels >= 3) png_set_gray_to_rgb(png);
}

static uint8_t *decode(png_structp png, png_infop info, struct context *context, uint32_t wanted,
                       size_t byte_limit, struct cpng_image *image, uint8_t **pixels_out,
                       png_bytep **rows_out) {
  png_set_read_fn(png, context, on_read);
  png_set_user_limits(png, 1 << 20, 1 << 20);
  png_set_chunk_malloc_max(png, 1 << 23);
  png_read_info(png, info);
  uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  int color = png_get_color_type(png, info), bits = png_get_bit_depth(png, info);
  // Deflate cannot expand by more than 1,032: a larger picture cannot be whole.
  size_t stored = (size_t)png_get_rowbytes(png, info) * height;
  if (stored / 1032 > context->count) png_error(png, "it is too short for its width and height");
  int is_grey = !(color & PNG_COLOR_MASK_COLOR);
  int clips = bits == 16 && color == PNG_COLOR_TYPE_GRAY && wanted != 4;
  uint32_t channels = wanted ? wanted : (is_grey ? 1 : 3);
  if (channels == 1 && !is_grey) png_error(png, "it has colours where grey is needed");
  set_transforms(png, color, bits, channels, clips);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t row = png_get_rowbytes(png, info), final_row = (size_t)width * channels;
  if (row < final_row && !clips) png_error(png, "its rows have an unexpected length");
  size_t bytes = (row > final_row ? row : final_row) * height;
  if (bytes > byte_limit) png_error(png, "it is larger than the limit for one picture");
  uint8_t *pixels = *pixels_out = malloc(bytes ? bytes : 1);
  png_bytep *rows = *rows_out = malloc(sizeof(png_bytep) * (height ? height : 1));
  if (!pixels || !rows) png_error(png, "out of memory");
  for (uint32_t y = 0; y < height; y++) rows[y] = pixels + (size_t)y * row;
  (void)passes;
  png_read_image(png, rows);
  png_read_end(png, NULL);
  if (clips) {
    size_t count = (size_t)width * height;
    clip_to_bytes(pixels, count, 1);
    if (channels == 3)
      for (size_t i = count; i-- > 0;) memset(pixels + 3 * i, pixels[i], 3);
  }
  image->width = width;
  image->height = height;
  image->channels = channels;
  return pixels;
}

int cpng_decode(const uint8_t *data, size_t count, uint32_t channels, size_t byte_limit,
                struct cpng_image *image, char *message, size_t message_size) {
  struct context context = {
      .data = data, .count = count, .message = message, .message_size = message_size};
  memset(image, 0, sizeof *image);
  strncpy(message, "out of memory", message_size);
  // Static storage would not be thread-safe; volatile keeps these across the longjmp.
  uint8_t *volatile pixels = NULL;
  png_bytep *volatile rows = NULL;
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, &context, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  volatile int failed = 1;
  if (info && !setjmp(png_jmpbuf(png))) {
    decode(png, info, &context, channels, byte_limit, image, (uint8_t **)&pixels,
           (png_bytep **)&rows);
    failed = 0;
  }
  if (png) png_destroy_read_struct(&png, &info, NULL);
  free(rows);
  if (failed) {
    free(pixels);
    return 1;
  }
  image->pixels = pixels;
  return 0;
}

int cpng_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                uint8_t **data, size_t *count, char *message, size_t message_size) {
  struct context context = {.message = message, .message_size = message_size};
  strncpy(message, "out of memory", message_size);
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, &context, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  volatile int failed = 1;
  if (info && !setjmp(png_jmpbuf(png))) {
    png_set_write_fn(png, &context, on_write, on_flush);
    int color = channels == 1   ? PNG_COLOR_TYPE_GRAY
                : channels == 3 ? PNG_COLOR_TYPE_RGB
                                : PNG_COLOR_TYPE_RGB_ALPHA;
    png_set_IHDR(png, info, width, height, 8, color, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (uint32_t y = 0; y < height; y++)
      png_write_row(png, pixels + (size_t)y * width * channels);
    png_write_end(png, info);
    failed = 0;
  }
  if (png) png_destroy_write_struct(&png, &info);
  if (failed) {
    free(context.output);
    return 1;
  }
  *data = context.output;
  *count = context.output_count;
  return 0;
}

void cpng_free(void *memory) { free(memory); }
