// What the rules of layers have in common.
#pragma once

#include <string>
#include <vector>

#include "core.hpp"

namespace standin {

using Inputs = std::vector<const Desc*>;

inline std::string describe(const Desc& desc) { return std::string(name_of(desc.type)) + text(desc.dims); }

inline void floats_only(const Desc& x) {
  require(is_float(x.type), "takes only floating-point tensors, not " + describe(x));
}

inline void same_type(const Desc& a, const Desc& b) {
  require(a.type == b.type,
          "takes inputs of one type (strongly typed network), not " + describe(a) + " and " + describe(b));
}

inline void index_type(const Desc& x) {
  require(is_integer(x.type), "takes Int32 or Int64 indices, not " + describe(x));
}

inline int64_t rank(const Desc& x) { return static_cast<int64_t>(x.dims.size()); }

inline size_t axis_in(int64_t axis, int64_t rank) {
  require(axis >= 0 && axis < rank,
          "axis " + std::to_string(axis) + " is outside of the rank " + std::to_string(rank));
  return static_cast<size_t>(axis);
}

// The one axis of a set of bits.
inline size_t only_axis(int64_t bits, int64_t rank) {
  for (int64_t axis = 0; axis < rank; ++axis)
    if (bits == int64_t{1} << axis) return static_cast<size_t>(axis);
  refuse("takes exactly one axis of the tensor");
}

// The extent of two that are equal, or one of them 1; a wildcard may be either.
inline int64_t broadcast(int64_t a, int64_t b) {
  if (a == b || b == 1) return a;
  if (a == 1) return b;
  if (a == wildcard) return b;
  if (b == wildcard) return a;
  refuse("extents " + std::to_string(a) + " and " + std::to_string(b) + " differ and neither is 1");
}

inline List broadcast(const List& a, const List& b) {
  require(a.size() == b.size(), "takes inputs of equal rank, not " + text(a) + " and " + text(b));
  List result(a.size());
  for (size_t i = 0; i < a.size(); ++i) result[i] = broadcast(a[i], b[i]);
  return result;
}

inline void equal_extent(int64_t a, int64_t b, const char* what) {
  require(a == b || a == wildcard || b == wildcard,
          std::string(what) + ": " + std::to_string(a) + " is not " + std::to_string(b));
}

// A tensor of shapes that sizes are taken from; wildcards where they are not known.
inline List sizes_from(const Desc& desc) {
  index_type(desc);
  require(rank(desc) == 1, "sizes come from a tensor of one axis");
  List result(static_cast<size_t>(desc.dims[0]), wildcard);
  if (desc.known)
    for (size_t i = 0; i < result.size(); ++i)
      if (desc.elements[i] != unknown) result[i] = desc.elements[i];
  return result;
}

inline Desc like(const Desc& x, const List& dims) { return {x.type, dims, false, {}}; }
inline Desc like(const Desc& x) { return like(x, x.dims); }

// Rules of layers that move elements; see rules_moving.cpp.
Desc concatenation_rule(const Operation&, const Inputs&);
Desc gather_rule(const Operation&, const Inputs&);
Desc scatter_rule(const Operation&, const Inputs&);
Desc one_hot_rule(const Operation&, const Inputs&);
Desc constant_rule(const Operation&, const Inputs&);
Desc shape_rule(const Operation&, const Inputs&);
Desc shuffle_rule(const Operation&, const Inputs&);
Desc slice_rule(const Operation&, const Inputs&);
Desc resize_rule(const Operation&, const Inputs&);

}  // namespace standin
