#pragma once
// The C face of libtorch: plain functions behind one table, filled by libCTorchShim.so when it is loaded.
// Every function that can fail returns NULL on success or a message that the caller frees with free().
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor ct_tensor;      // one owned reference to a tensor
typedef struct ct_operator ct_operator;  // lives as long as the process

enum {
  ct_tag_none,
  ct_tag_tensor,   // pointer: ct_tensor
  ct_tag_integer,  // integer
  ct_tag_number,   // number
  ct_tag_bool,     // integer
  ct_tag_integers, // pointer: int64_t[count]
  ct_tag_numbers,  // pointer: double[count]
  ct_tag_tensors,  // pointer: ct_tensor *[count], elements may be NULL where the schema allows it
  ct_tag_string    // pointer: NUL-terminated text; also names a device where the schema wants one
};

// Kinds of devices; the last is libtorch's place for devices of others, PrivateUse1.
enum { ct_device_cpu, ct_device_cuda, ct_device_private };

typedef struct ct_value {
  int32_t tag;
  int64_t integer;
  double number;
  const void *pointer;
  int64_t count;
} ct_value;

typedef struct ct_api {
  char *(*operator_find)(const char *name, const char *overload, const ct_operator **result);
  // Tensor results (lists flattened) are written to `results`, which holds `capacity`.
  char *(*operator_call)(const ct_operator *op, const ct_value *arguments, int64_t count,
                         ct_tensor **results, int64_t capacity, int64_t *result_count);

  void (*tensor_release)(ct_tensor *tensor);
  int64_t (*tensor_dimension_count)(const ct_tensor *tensor);
  void (*tensor_sizes)(const ct_tensor *tensor, int64_t *sizes);
  int32_t (*tensor_type)(const ct_tensor *tensor);
  void (*tensor_device)(const ct_tensor *tensor, int32_t *kind, int32_t *index);
  char *(*tensor_create)(const void *bytes, int32_t type, const int64_t *sizes, int64_t count,
                         ct_tensor **result);
  // Copies the elements in row-major order into `bytes`, from any device.
  char *(*tensor_read)(const ct_tensor *tensor, void *bytes, size_t capacity);
  // The elements themselves, which must lie in the processor's memory in row-major order.
  char *(*tensor_elements)(ct_tensor *tensor, void **elements);
  // Copies bytes to a device through page-locked memory, in a queue beside that of the device's work, which waits for
  // the copy; the caller does not. Only with the libtorch that the shim was compiled for.
  char *(*tensor_upload)(const void *bytes, int32_t type, const int64_t *sizes, int64_t count,
                         int32_t kind, int32_t index, ct_tensor **result);
  // Where the elements, which must be in row-major order, lie in their device's memory, and the queue of its work.
  char *(*tensor_address)(ct_tensor *tensor, void **elements, void **queue);
  int32_t (*tensor_requires_gradient)(const ct_tensor *tensor);
  char *(*tensor_set_requires_gradient)(ct_tensor *tensor, int32_t value);
  char *(*tensor_gradient)(const ct_tensor *tensor, ct_tensor **result);  // *result NULL if none
  char *(*tensor_set_gradient)(ct_tensor *tensor, const ct_tensor *gradient);

  char *(*backward)(const ct_tensor *output, const ct_tensor *gradient, int32_t keep_graph);
  char *(*gradients)(const ct_tensor *output, ct_tensor *const *inputs, int64_t count,
                     int32_t keep_graph, int32_t create_graph, ct_tensor **results);
  int32_t (*gradient_mode)(void);
  void (*set_gradient_mode)(int32_t enabled);
  char *(*set_autocast)(int32_t device_kind, int32_t enabled);
  int32_t (*autocast)(int32_t device_kind);

  void (*set_thread_count)(int32_t count);
  int32_t (*thread_count)(void);
  char *(*seed)(uint64_t seed);
  char *(*generator_state)(int32_t kind, int32_t index, ct_tensor **result);
  char *(*set_generator_state)(int32_t kind, int32_t index, const ct_tensor *state);
  char *(*set_deterministic)(int32_t enabled);

  char *(*cuda_load)(const char *folder);
  int32_t (*cuda_device_count)(void);
  char *(*cuda_synchronize)(int32_t index);
  // Makes a device the calling thread's current one.
  char *(*cuda_select)(int32_t index);

  // Whether CUDA rounds the factors of single-precision products and convolutions to 10 bits.
  char *(*set_tf32)(int32_t enabled);

  // Floating-point operations of convolutions and matrix products; turning it on starts at zero.
  char *(*set_counting)(int32_t enabled);
  int64_t (*counted_operations)(void);
} ct_api;

// Loads libtorch from `folder` with private symbols; a handle for dlsym. On failure returns NULL and a
// message to be freed in `*error`.
void *ct_open(const char *folder, char **error);

// The version of a libtorch that ct_open loaded: major, minor and patch in its three highest bytes. 0 if it
// does not say, which those before 2.8 do not.
uint64_t ct_version(void *library);

// Loads the shim at `shim`, with private symbols; libtorch must be loaded. On failure returns NULL and a
// message to be freed in `*error`.
const ct_api *ct_load(const char *shim, char **error);

// The name that the CUDA driver gives a graphics processor, by its number in this process; its length, or
// 0 where there is no driver or no such processor.
size_t ct_gpu_name(int32_t index, char *buffer, size_t capacity);

#ifdef __cplusplus
}
#endif
