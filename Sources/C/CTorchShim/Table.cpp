// What is not an operator: tensors' life, autograd, devices, generators, threads.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <dlfcn.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <map>
#include <mutex>
#include <string>

#include "Guard.h"

namespace {

c10::Device device(int32_t kind, int32_t index) {
  const auto type = kind == ct_device_cpu    ? c10::kCPU
                    : kind == ct_device_cuda ? c10::kCUDA
                                             : c10::kPrivateUse1;
  return kind == ct_device_cpu ? c10::Device(type)
                               : c10::Device(type, static_cast<c10::DeviceIndex>(index));
}

void tensor_release(ct_tensor *tensor) {
  c10::raw::intrusive_ptr::decref(reinterpret_cast<c10::TensorImpl *>(tensor));
}

int64_t tensor_dimension_count(const ct_tensor *tensor) { return borrow(tensor).dim(); }

void tensor_sizes(const ct_tensor *tensor, int64_t *sizes) {
  at::Tensor value = borrow(tensor);
  std::copy(value.sizes().begin(), value.sizes().end(), sizes);
}

int32_t tensor_type(const ct_tensor *tensor) {
  return static_cast<int32_t>(borrow(tensor).scalar_type());
}

void tensor_device(const ct_tensor *tensor, int32_t *kind, int32_t *index) {
  auto value = borrow(tensor).device();
  *kind = value.is_cpu() ? ct_device_cpu : value.is_cuda() ? ct_device_cuda : ct_device_private;
  *index = value.has_index() ? value.index() : 0;
}

char *tensor_create(const void *bytes, int32_t type, const int64_t *sizes, int64_t count,
                    ct_tensor **result) {
  return guarded([&] {
    at::Tensor tensor = at::empty(c10::IntArrayRef(sizes, count),
                                  at::TensorOptions(static_cast<at::ScalarType>(type)));
    if (tensor.nbytes()) std::memcpy(tensor.mutable_data_ptr(), bytes, tensor.nbytes());
    *result = own(std::move(tensor));
  });
}

char *tensor_read(const ct_tensor *tensor, void *bytes, size_t capacity) {
  return guarded([&] {
    at::Tensor value = borrow(tensor).detach().to(at::kCPU).contiguous();
    TORCH_CHECK(value.nbytes() == capacity, "tensor has ", value.nbytes(), " bytes, not ", capacity);
    if (capacity) std::memcpy(bytes, value.const_data_ptr(), capacity);
  });
}

char *tensor_elements(ct_tensor *tensor, void **elements) {
  return guarded([&] {
    at::Tensor value = borrow(tensor);
    TORCH_CHECK(value.is_cpu() && value.is_contiguous(), "the elements are not in row-major order");
    *elements = value.mutable_data_ptr();
  });
}

// The queue in which a device is given data.
c10::Stream upload_queue(c10::Device device) {
  static std::mutex mutex;
  static std::map<c10::DeviceIndex, c10::Stream> queues;
  std::lock_guard<std::mutex> lock(mutex);
  auto found = queues.find(device.index());
  if (found == queues.end()) {
    const c10::impl::VirtualGuardImpl guard(device.type());
    found = queues.emplace(device.index(), guard.getStreamFromGlobalPool(device)).first;
  }
  return found->second;
}

char *tensor_upload(const void *bytes, int32_t type, const int64_t *sizes, int64_t count,
                    int32_t kind, int32_t index, ct_tensor **result) {
  return guarded([&] {
    const auto target = device(kind, index);
    at::Tensor source = at::empty(
        c10::IntArrayRef(sizes, count),
        at::TensorOptions(static_cast<at::ScalarType>(type)).pinned_memory(true));
    if (source.nbytes()) std::memcpy(source.mutable_data_ptr(), bytes, source.nbytes());
    const c10::impl::VirtualGuardImpl guard(target.type());
    const auto work = guard.getStream(target), beside = upload_queue(target);
    at::Tensor copy;
    {
      c10::StreamGuard on(beside);
      copy = source.to(target, /*non_blocking=*/true);
    }
    c10::Event copied(target.type());
    copied.record(beside);
    copied.block(work);
    // Taken from the one queue's memory, it must not be given back to it before the other has used it.
    guard.recordDataPtrOnStream(copy.storage().data_ptr(), work);
    *result = own(std::move(copy));
  });
}

char *tensor_address(ct_tensor *tensor, void **elements, void **queue) {
  return guarded([&] {
    at::Tensor value = borrow(tensor);
    TORCH_CHECK(value.is_contiguous(), "the elements are not in row-major order");
    *elements = value.mutable_data_ptr();
    *queue = value.is_cpu()
                 ? nullptr
                 : at::accelerator::getCurrentStream(value.device().index()).native_handle();
  });
}

int32_t tensor_requires_gradient(const ct_tensor *tensor) { return borrow(tensor).requires_grad(); }

char *tensor_set_requires_gradient(ct_tensor *tensor, int32_t value) {
  return guarded([&] { borrow(tensor).set_requires_grad(value != 0); });
}

char *tensor_gradient(const ct_tensor *tensor, ct_tensor **result) {
  return guarded([&] {
    at::Tensor gradient = borrow(tensor).grad();
    *result = gradient.defined() ? own(std::move(gradient)) : nullptr;
  });
}

char *tensor_set_gradient(ct_tensor *tensor, const ct_tensor *gradient) {
  return guarded([&] {
    borrow(tensor).mutable_grad() = gradient ? borrow(gradient) : at::Tensor();
  });
}

char *backward(const ct_tensor *output, const ct_tensor *gradient, int32_t keep_graph) {
  return guarded([&] {
    torch::autograd::variable_list gradients;
    if (gradient) gradients.push_back(borrow(gradient));
    torch::autograd::backward({borrow(output)}, gradients, keep_graph != 0);
  });
}

char *gradients(const ct_tensor *output, ct_tensor *const *inputs, int64_t count,
                int32_t keep_graph, int32_t create_graph, ct_tensor **results) {
  return guarded([&] {
    torch::autograd::variable_list list;
    for (int64_t i = 0; i < count; i++) list.push_back(borrow(inputs[i]));
    auto found = torch::autograd::grad({borrow(output)}, list, {}, keep_graph != 0,
                                       create_graph != 0, /*allow_unused=*/true);
    for (int64_t i = 0; i < count; i++)
      results[i] = found[i].defined() ? own(found[i]) : nullptr;
  });
}

int32_t gradient_mode() { return at::GradMode::is_enabled(); }
void set_gradient_mode(int32_t enabled) { at::GradMode::set_enabled(enabled != 0); }

char *set_autocast(int32_t kind, int32_t enabled) {
  return guarded([&] {
    auto type = device(kind, 0).type();
    at::autocast::set_autocast_dtype(type, at::kBFloat16);
    at::autocast::set_autocast_enabled(type, enabled != 0);
    if (!enabled) at::autocast::clear_cache();
  });
}

int32_t autocast(int32_t kind) {
  return at::autocast::is_autocast_enabled(device(kind, 0).type());
}

void set_thread_count(int32_t count) { at::set_num_threads(count); }
int32_t thread_count() { return at::get_num_threads(); }

bool has_cuda = false;

char *seed(uint64_t value) {
  return guarded([&] {
    // at::manual_seed asks for devices, and once asked libtorch takes no CUDA that is loaded later.
    if (has_cuda) return at::manual_seed(value);
    auto generator = at::detail::getDefaultCPUGenerator();
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_current_seed(value);
  });
}

at::Generator generator(int32_t kind, int32_t index) {
  return at::globalContext().defaultGenerator(device(kind, index));
}

char *generator_state(int32_t kind, int32_t index, ct_tensor **result) {
  return guarded([&] {
    auto source = generator(kind, index);
    std::lock_guard<std::mutex> lock(source.mutex());
    *result = own(source.get_state());
  });
}

char *set_generator_state(int32_t kind, int32_t index, const ct_tensor *state) {
  return guarded([&] {
    auto target = generator(kind, index);
    std::lock_guard<std::mutex> lock(target.mutex());
    target.set_state(borrow(state));
  });
}

char *set_deterministic(int32_t enabled) {
  return guarded([&] {
    at::globalContext().setDeterministicAlgorithms(enabled != 0, /*warn_only=*/true);
    at::globalContext().setDeterministicFillUninitializedMemory(false);
    at::globalContext().setBenchmarkCuDNN(enabled == 0);
  });
}

char *set_tf32(int32_t enabled) {
  return guarded([&] {
    at::globalContext().setAllowTF32CuDNN(enabled != 0);
    at::globalContext().setAllowTF32CuBLAS(enabled != 0);
  });
}

char *cuda_load(const char *folder) {
  return guarded([&] {
    for (const char *name : {"libc10_cuda.so", "libtorch_cuda.so"}) {
      std::string path = std::string(folder) + "/lib/" + name;
      TORCH_CHECK(dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL), dlerror());
    }
    TORCH_CHECK(at::detail::getCUDAHooks().hasCUDART(),
                "libtorch was asked for devices before; open this one before any tensor is computed");
    // Says what is missing where there is no driver or no device.
    at::globalContext().lazyInitDevice(c10::kCUDA);
    has_cuda = true;
    // libtorch's own choice for convolutions is TF32, which is not what float32 says.
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
  });
}

int32_t cuda_device_count() {
  return has_cuda ? static_cast<int32_t>(at::detail::getCUDAHooks().deviceCount()) : 0;
}

char *cuda_synchronize(int32_t index) {
  return guarded([&] {
    at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(index));
  });
}

char *cuda_select(int32_t index) {
  return guarded([&] { at::accelerator::setDeviceIndex(static_cast<c10::DeviceIndex>(index)); });
}

}  // namespace

extern "C" const ct_api *ct_api_table(void) {
  static const ct_api table = {
      .operator_find = operator_find,
      .operator_call = operator_call,
      .tensor_release = tensor_release,
      .tensor_dimension_count = tensor_dimension_count,
      .tensor_sizes = tensor_sizes,
      .tensor_type = tensor_type,
      .tensor_device = tensor_device,
      .tensor_create = tensor_create,
      .tensor_read = tensor_read,
      .tensor_elements = tensor_elements,
      .tensor_upload = tensor_upload,
      .tensor_address = tensor_address,
      .tensor_requires_gradient = tensor_requires_gradient,
      .tensor_set_requires_gradient = tensor_set_requires_gradient,
      .tensor_gradient = tensor_gradient,
      .tensor_set_gradient = tensor_set_gradient,
      .backward = backward,
      .gradients = gradients,
      .gradient_mode = gradient_mode,
      .set_gradient_mode = set_gradient_mode,
      .set_autocast = set_autocast,
      .autocast = autocast,
      .set_thread_count = set_thread_count,
      .thread_count = thread_count,
      .seed = seed,
      .generator_state = generator_state,
      .set_generator_state = set_generator_state,
      .set_deterministic = set_deterministic,
      .cuda_load = cuda_load,
      .cuda_device_count = cuda_device_count,
      .cuda_synchronize = cuda_synchronize,
      .cuda_select = cuda_select,
      .set_tf32 = set_tf32,
      .set_counting = set_counting,
      .counted_operations = counted_operations,
  };
  return &table;
}
