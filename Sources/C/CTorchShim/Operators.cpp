// Operators are called by name through libtorch's dispatcher, with boxed arguments.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <vector>

#include "Guard.h"

namespace {

c10::IValue tensor_list(const ct_value &value, const c10::TypePtr &type) {
  auto *items = static_cast<ct_tensor *const *>(value.pointer);
  const bool optional_items =
      type->kind() == c10::TypeKind::ListType &&
      type->expectRef<c10::ListType>().getElementType()->kind() == c10::TypeKind::OptionalType;
  if (optional_items) {
    c10::List<std::optional<at::Tensor>> list;
    for (int64_t i = 0; i < value.count; i++)
      list.push_back(items[i] ? std::optional<at::Tensor>(borrow(items[i])) : std::nullopt);
    return list;
  }
  c10::List<at::Tensor> list;
  list.reserve(value.count);
  for (int64_t i = 0; i < value.count; i++) list.push_back(borrow(items[i]));
  return list;
}

c10::IValue convert(const ct_value &value, const c10::TypePtr &declared) {
  c10::TypePtr type = declared;
  if (type->kind() == c10::TypeKind::OptionalType)
    type = type->expectRef<c10::OptionalType>().getElementType();
  switch (value.tag) {
    case ct_tag_tensor: return borrow(static_cast<const ct_tensor *>(value.pointer));
    case ct_tag_integer:
      if (type->kind() == c10::TypeKind::FloatType) return static_cast<double>(value.integer);
      return value.integer;
    case ct_tag_number: return value.number;
    case ct_tag_bool: return value.integer != 0;
    case ct_tag_integers: {
      auto *items = static_cast<const int64_t *>(value.pointer);
      if (type->kind() == c10::TypeKind::ListType &&
          type->expectRef<c10::ListType>().getElementType()->kind() == c10::TypeKind::BoolType) {
        c10::List<bool> list;
        for (int64_t i = 0; i < value.count; i++) list.push_back(items[i] != 0);
        return list;
      }
      return std::vector<int64_t>(items, items + value.count);
    }
    case ct_tag_numbers: {
      auto *items = static_cast<const double *>(value.pointer);
      if (type->kind() == c10::TypeKind::ListType &&
          type->expectRef<c10::ListType>().getElementType()->kind() == c10::TypeKind::OptionalType) {
        c10::List<std::optional<at::Scalar>> list;
        for (int64_t i = 0; i < value.count; i++) list.push_back(at::Scalar(items[i]));
        return list;
      }
      return std::vector<double>(items, items + value.count);
    }
    case ct_tag_tensors: return tensor_list(value, type);
    case ct_tag_string: {
      std::string text(static_cast<const char *>(value.pointer));
      if (type->kind() == c10::TypeKind::DeviceObjType) return c10::Device(text);
      return text;
    }
    default: return c10::IValue();
  }
}

void append(const c10::IValue &value, ct_tensor **results, int64_t capacity, int64_t *count) {
  auto add = [&](at::Tensor tensor) {
    TORCH_CHECK(*count < capacity, "more than ", capacity, " tensor results");
    results[(*count)++] = own(std::move(tensor));
  };
  if (value.isTensor()) {
    add(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor &item : value.toTensorVector()) add(item);
  }
}

}  // namespace

char *operator_find(const char *name, const char *overload, const ct_operator **result) {
  return guarded([&] {
    auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
    TORCH_CHECK(handle.has_value(), "this libtorch has no operator ", name, ".", overload);
    *result = reinterpret_cast<const ct_operator *>(new c10::OperatorHandle(*handle));
  });
}

char *operator_call(const ct_operator *op, const ct_value *arguments, int64_t count,
                    ct_tensor **results, int64_t capacity, int64_t *result_count) {
  *result_count = 0;
  return guarded([&] {
    auto &handle = *reinterpret_cast<const c10::OperatorHandle *>(op);
    const auto &schema = handle.schema().arguments();
    TORCH_CHECK(count <= static_cast<int64_t>(schema.size()), "takes ", schema.size(),
                " arguments, was given ", count);
    torch::jit::Stack stack;
    stack.reserve(schema.size());
    for (size_t i = 0; i < schema.size(); i++) {
      if (static_cast<int64_t>(i) < count) {
        stack.push_back(convert(arguments[i], schema[i].type()));
      } else {
        TORCH_CHECK(schema[i].default_value().has_value(), "argument '", schema[i].name(),
                    "' is missing");
        stack.push_back(*schema[i].default_value());
      }
    }
    handle.callBoxed(stack);
    for (const c10::IValue &value : stack) append(value, results, capacity, result_count);
  });
}
