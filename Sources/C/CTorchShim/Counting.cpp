// Counts the floating-point operations of convolutions and matrix products, a multiplication and an addition each
// being one, as libtorch runs them: forward and backward, on any thread.

// libtorch is built with it, and RecordFunction has another layout without.
#ifndef NDEBUG
#define NDEBUG
#endif

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <atomic>
#include <mutex>
#include <string_view>

#include "Guard.h"

namespace {

std::atomic<int64_t> counted{0};

int64_t product(c10::IntArrayRef sizes) {
  int64_t result = 1;
  for (int64_t size : sizes) result *= size;
  return result;
}

// Every weight meets every place of the smaller of input and output: for a transposed convolution, the input's.
int64_t of_convolution(const at::Tensor &input, const at::Tensor &weight, c10::IntArrayRef stride,
                       c10::IntArrayRef padding, c10::IntArrayRef dilation, bool transposed) {
  int64_t places = input.size(0);
  for (int64_t i = 2; i < input.dim(); i++) {
    const int64_t span = dilation[i - 2] * (weight.size(i) - 1) + 1;
    places *= transposed ? input.size(i)
                         : (input.size(i) + 2 * padding[i - 2] - span) / stride[i - 2] + 1;
  }
  return 2 * places * weight.numel();
}

int64_t of(const at::RecordFunction &function) {
  const std::string_view name = function.name();
  const auto inputs = function.inputs();
  auto tensor = [&](size_t index) { return inputs[index].toTensor(); };
  auto integers = [&](size_t index) { return inputs[index].toIntVector(); };
  if (name == "aten::convolution")
    return of_convolution(tensor(0), tensor(1), integers(3), integers(4), integers(5), inputs[6].toBool());
  if (name == "aten::convolution_backward") {
    const auto mask = inputs[10].toBoolList();
    const bool transposed = inputs[7].toBool();
    // The places of the output are the gradient's.
    const auto places = product((transposed ? tensor(1) : tensor(0)).sizes().slice(2)) * tensor(1).size(0);
    return 2 * places * tensor(2).numel() * (int64_t(mask[0]) + int64_t(mask[1]));
  }
  if (name == "mkldnn::_convolution_pointwise")
    return of_convolution(tensor(0), tensor(1), integers(4), integers(3), integers(5), false);
  // The form that adds another tensor has it, with the result's shape, in second place and no more than five arguments.
  if (name == "mkldnn::_linear_pointwise")
    return 2 * tensor(0).numel() * tensor(inputs.size() == 5 ? 2 : 1).size(0);
  if (name == "aten::mm") return 2 * tensor(0).numel() * tensor(1).size(1);
  if (name == "aten::addmm") return 2 * tensor(1).numel() * tensor(2).size(1);
  if (name == "aten::bmm") return 2 * tensor(0).numel() * tensor(1).size(2);
  if (name == "aten::baddbmm") return 2 * tensor(1).numel() * tensor(2).size(2);
  if (name == "aten::_scaled_dot_product_flash_attention_for_cpu")
    return 4 * tensor(0).numel() * tensor(1).size(2);
  // Queries and keys are multiplied once more.
  if (name == "aten::_scaled_dot_product_flash_attention_for_cpu_backward")
    return 10 * tensor(1).numel() * tensor(2).size(2);
  return 0;
}

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction &function) {
  counted += of(function);
  return nullptr;
}

}  // namespace

char *set_counting(int32_t enabled) {
  return guarded([&] {
    static std::mutex mutex;
    static at::CallbackHandle handle = 0;
    std::lock_guard<std::mutex> lock(mutex);
    if (enabled && !handle) {
      counted = 0;
      handle = at::addGlobalCallback(
          at::RecordFunctionCallback(count).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
    } else if (!enabled && handle) {
      at::removeCallback(handle);
      handle = 0;
    }
  });
}

int64_t counted_operations() { return counted; }
