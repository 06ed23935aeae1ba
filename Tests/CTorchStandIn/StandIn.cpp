// A stand-in for a graphics processor, for tests on machines without one.
//
// Tensors on it are tensors of another device to all of libtorch, so that an operation which mixes devices fails as
// it would on CUDA. Their elements lie in the processor's memory, and every operation is done there: results are
// numbers that can be compared, unlike those of libtorch's device `meta`, which has no kernels for most of them
// outside Python anyway. What crosses between the devices is counted.
#include "CTorchStandIn.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <atomic>
#include <cstring>

namespace {

constexpr auto here = c10::DeviceType::PrivateUse1;

std::atomic<int64_t> reads{0}, uploads{0}, waits{0};

// Copies that an operation makes to be done on the processor are not the program's.
thread_local bool is_working = false;
struct Working {
  const bool before = is_working;
  Working() { is_working = true; }
  ~Working() { is_working = before; }
};

bool is_here(const at::Tensor &tensor) { return tensor.device().type() == here; }

// The same elements as a tensor of the processor.
at::Tensor on_processor(const at::Tensor &tensor) {
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(),
                       tensor.options().device(at::kCPU).requires_grad(false));
}

// MARK: - Memory

struct Allocator final : c10::Allocator {
  c10::DataPtr allocate(size_t count) override {
    c10::DataPtr memory = c10::GetCPUAllocator()->allocate(count);
    void *data = memory.get();
    const auto deleter = memory.get_deleter();
    return {data, memory.release_context(), deleter, c10::Device(here, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void *target, const void *source, size_t count) const override {
    std::memcpy(target, source, count);
  }
};

Allocator allocator;

at::Tensor empty(c10::IntArrayRef sizes, std::optional<at::ScalarType> type,
                 std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(sizes, &allocator, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   c10::dtype_or_default(type), format);
}

at::Tensor empty_strided(c10::IntArrayRef sizes, c10::IntArrayRef strides,
                         std::optional<at::ScalarType> type, std::optional<at::Layout>,
                         std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(sizes, strides, &allocator,
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           c10::dtype_or_default(type));
}

const at::Tensor &resize(const at::Tensor &self, c10::IntArrayRef sizes,
                         std::optional<at::MemoryFormat> format) {
  return at::native::resize_(self, sizes, format);
}

// MARK: - What crosses between the devices

at::Tensor copy_from(const at::Tensor &source, const at::Tensor &target, bool) {
  if (!is_working && !is_here(target)) reads++;
  if (!is_working && !is_here(source)) uploads++;
  at::Tensor elements = is_here(target) ? on_processor(target) : target;
  elements.copy_(is_here(source) ? on_processor(source) : source);
  return target;
}

at::Tensor copy_from_and_resize(const at::Tensor &source, const at::Tensor &target) {
  if (target.sizes() != source.sizes()) target.resize_(source.sizes());
  return copy_from(source, target, false);
}

at::Scalar local_scalar(const at::Tensor &self) {
  if (!is_working) reads++;
  return on_processor(self).item();
}

// MARK: - Operations

// As on CUDA, only scalars may lie on the processor.
void check(const std::string &name, const at::Tensor &tensor) {
  TORCH_CHECK(!tensor.defined() || is_here(tensor) || tensor.dim() == 0, name,
              " mixes devices: an argument of shape ", tensor.sizes(), " lies on ", tensor.device());
}

void anything(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  const std::string &name = op.schema().name();
  for (const c10::IValue &value : torch::jit::last(*stack, op.schema().arguments().size())) {
    if (value.isTensor()) check(name, value.toTensor());
    if (value.isTensorList())
      for (const at::Tensor &item : value.toTensorVector()) check(name, item);
    if (value.isOptionalTensorList())
      for (const std::optional<at::Tensor> &item : value.toOptionalTensorVector())
        if (item) check(name, *item);
  }
  Working working;
  at::native::cpu_fallback(op, stack);
}

at::Tensor convolution(const at::Tensor &input, const at::Tensor &weight,
                       const std::optional<at::Tensor> &bias, c10::SymIntArrayRef stride,
                       c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation, bool transposed,
                       c10::SymIntArrayRef output_padding, c10::SymInt groups) {
  for (const at::Tensor &tensor : {input, weight, bias.value_or(at::Tensor())})
    check("convolution", tensor);
  Working working;
  std::optional<at::Tensor> own_bias;
  if (bias && bias->defined()) own_bias = on_processor(*bias);
  return at::convolution_symint(on_processor(input), on_processor(weight), own_bias, stride, padding,
                                dilation, transposed, output_padding, groups)
      .to(input.device());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor &gradient, const at::Tensor &input, const at::Tensor &weight,
    c10::SymIntArrayRef stride, c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
    bool transposed, c10::SymIntArrayRef output_padding, c10::SymInt groups, std::array<bool, 3> mask) {
  for (const at::Tensor &tensor : {gradient, input, weight}) check("convolution", tensor);
  Working working;
  const std::vector<c10::SymInt> bias_sizes{transposed ? weight.sym_size(1) * groups : weight.sym_size(0)};
  auto found = at::convolution_backward_symint(
      on_processor(gradient), on_processor(input), on_processor(weight),
      at::OptionalSymIntArrayRef(bias_sizes), stride, padding, dilation, transposed, output_padding,
      groups, mask);
  auto back = [&](const at::Tensor &tensor) {
    return tensor.defined() ? tensor.to(input.device()) : tensor;
  };
  return {back(std::get<0>(found)), back(std::get<1>(found)), back(std::get<2>(found))};
}

// MARK: - The device

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  at::Allocator *getPinnedMemoryAllocator() const override { return c10::GetCPUAllocator(); }
  // The processor's own, so that a computation draws the same numbers on either device.
  const at::Generator &getDefaultGenerator(c10::DeviceIndex) const override {
    return at::detail::getDefaultCPUGenerator();
  }
};

Hooks hooks;

// One device, on which everything is done when it is asked for, whatever the queue.
struct Guard final : c10::impl::NoOpDeviceGuardImpl<here> {
  c10::Device getDevice() const override { return c10::Device(here, 0); }
  c10::Device exchangeDevice(c10::Device) const override { return getDevice(); }
  c10::Stream getStream(c10::Device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, c10::Device(here, 0));
  }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override {
    return c10::Stream(c10::Stream::UNSAFE, c10::Device(here, 0), 1);
  }
  void *getStreamNativeHandle(const c10::Stream stream) const override {
    return reinterpret_cast<void *>(0x100 + stream.id());
  }
  void record(void **event, const c10::Stream &stream, const c10::DeviceIndex,
              const c10::EventFlag) const override {
    *event = getStreamNativeHandle(stream);
  }
  void block(void *event, const c10::Stream &stream) const override {
    if (event == getStreamNativeHandle(getStreamFromGlobalPool(stream.device(), false)) && stream.id() == 0) waits++;
  }
  bool queryEvent(void *) const override { return true; }
};

}  // namespace

namespace at {
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&anything>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", empty);
  library.impl("empty_strided", empty_strided);
  library.impl("resize_", resize);
  library.impl("as_strided", at::native::as_strided_tensorimpl);
  library.impl("view", at::native::view);
  library.impl("_reshape_alias", at::native::_reshape_alias);
  library.impl("_copy_from", copy_from);
  library.impl("_copy_from_and_resize", copy_from_and_resize);
  library.impl("_local_scalar_dense", local_scalar);
  library.impl("convolution_overrideable", convolution);
  library.impl("convolution_backward_overrideable", convolution_backward);
  // Without kernels of its own a device would have these taken apart, with other roundings.
  for (const char *name : {"native_group_norm", "native_group_norm_backward", "native_layer_norm",
                           "native_layer_norm_backward"})
    library.impl(name, torch::CppFunction::makeFromBoxedFunction<&anything>());
}

extern "C" {

void stand_in_start(void) {
  c10::register_privateuse1_backend("standin");
  c10::SetAllocator(here, &allocator);
  at::RegisterPrivateUse1HooksInterface(&hooks);
}

int64_t stand_in_reads(void) { return reads; }

int64_t stand_in_uploads(void) { return uploads; }

int64_t stand_in_waits(void) { return waits; }

}
