// Expressions of extents, that plugins make with an IExprBuilder, and their programs, which an engine keeps.
//
// A program is a list in postfix form: 0, c is a constant; 1, i, k the extent of input i along axis k; 2, op an
// operation on the two results before it.
#pragma once

#include <deque>

#include "core.hpp"

namespace standin {

struct Expression : nvinfer1::IDimensionExpr {
  List program;
  bool constant = false;
  int64_t value = 0;
};

struct Expressions : nvinfer1::IExprBuilder {
  std::deque<Expression> made;

  const Expression* of_constant(int64_t value);
  const Expression* of_input(size_t input, size_t axis, int64_t extent);  // the extent may be a wildcard
  const Expression* of_operation(nvinfer1::DimensionOperation op, const Expression& a, const Expression& b);
};

// The extent that a program gives for inputs of these extents; a wildcard where it needs one.
int64_t evaluate(const List& program, const std::vector<const Desc*>& inputs);

}  // namespace standin
