#pragma once
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstring>
#include <exception>

#include "CTorchShim.h"

// A ct_tensor is a TensorImpl whose one reference the holder owns.
inline at::Tensor borrow(const ct_tensor *tensor) {
  auto *impl = reinterpret_cast<c10::TensorImpl *>(const_cast<ct_tensor *>(tensor));
  return at::Tensor(
      c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(impl));
}

inline ct_tensor *own(at::Tensor tensor) {
  return reinterpret_cast<ct_tensor *>(tensor.unsafeReleaseTensorImpl());
}

// Runs `body`; no C++ exception leaves the shim.
template <typename Body>
char *guarded(Body &&body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const c10::Error &error) {
    return strdup(error.what_without_backtrace());
  } catch (const std::exception &error) {
    return strdup(error.what());
  } catch (...) {
    return strdup("unknown C++ exception");
  }
}

char *set_counting(int32_t enabled);
int64_t counted_operations();
char *operator_find(const char *name, const char *overload, const ct_operator **result);
char *operator_call(const ct_operator *op, const ct_value *arguments, int64_t count,
                    ct_tensor **results, int64_t capacity, int64_t *result_count);
