// The text form of operation graphs, read into the tables of arhat/cudnn/desc.hpp.
//
// The text is canonical, its hash is a key: one space between words, attributes in the order below, no
// attribute twice, nothing unknown.
//
//     graph <key> math=<strict|tf32|any>
//     tensor <uid> <type> dims=1,64,56,56 strides=200704,1,3584,64 [virtual]
//     conv_fprop x=1 w=2 y=3 pre=1,1 post=1,1 strides=1,1 dilations=1,1 compute=f32
//     conv_dgrad (the same; x is dy, y is dx)
//     pointwise mode=<mode> x=4 [b=5] [t=6] y=7 [lower=0] [upper=6] [slope=0.1] [alpha=1] [beta=1] compute=f32
//     matmul a=1 b=2 y=3 compute=f32
//     resample mode=<mode> x=1 y=2 window=3,3 strides=2,2 pre=1,1 post=1,1 compute=f32
//     reduction mode=<mode> x=1 y=2 compute=f32
//     end
#pragma once

#include <cmath>
#include <cstdlib>
#include <deque>
#include <istream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "arhat/cudnn/desc.hpp"

namespace arhat::cudnn {

struct ParsedGraph {
  std::string key;
  std::string body;  // the lines after the first, and the math: equal bodies are equal graphs
  std::vector<TensorDesc> tensors;
  std::vector<NodeDesc> nodes;
  Math math = Math::any;

  GraphDesc desc() const {
    return {key.c_str(),  key.c_str(), tensors.data(), tensors.size(),
            nodes.data(), nodes.size(), math,          nullptr};
  }
};

class TextError : public std::runtime_error {
 public:
  TextError(int line, const std::string& what)
      : std::runtime_error("line " + std::to_string(line) + ": " + what) {}
};

class GraphReader {
 public:
  explicit GraphReader(std::istream& in) : in_(in) {}

  // False at the end of the text.
  bool read(ParsedGraph& graph) {
    if (!next_line()) return false;
    graph = ParsedGraph();
    if (words_[0] != "graph" || words_.size() != 3) fail("expected: graph <key> math=<strict|tf32|any>");
    graph.key = words_[1];
    graph.math = choice<Math>(
        value(words_[2], "math"), {{"strict", Math::strict}, {"tf32", Math::tf32}, {"any", Math::any}});
    graph.body = words_[2] + "\n";
    std::set<int64_t> uids;
    while (true) {
      if (!next_line()) fail("the graph has no end");
      if (line_ == "end") break;
      graph.body += line_ + "\n";
      if (words_[0] == "tensor") {
        if (!graph.nodes.empty()) fail("tensors come before nodes");
        graph.tensors.push_back(tensor());
        if (!uids.insert(graph.tensors.back().uid).second) fail("the uid is taken");
      } else {
        graph.nodes.push_back(node());
        for (const int64_t uid : {graph.nodes.back().x, graph.nodes.back().b, graph.nodes.back().t,
                                  graph.nodes.back().y})
          if (uid != no_tensor && uids.count(uid) == 0) fail("no tensor " + std::to_string(uid));
      }
    }
    if (graph.nodes.empty()) fail("the graph has no nodes");
    return true;
  }

 private:
  template <class T>
  using Names = std::map<std::string, T>;

  [[noreturn]] void fail(const std::string& what) const { throw TextError(number_, what); }

  bool next_line() {
    if (!std::getline(in_, line_)) return false;
    ++number_;
    words_.assign(1, "");
    for (const char c : line_) {
      if (c == ' ')
        words_.emplace_back();
      else
        words_.back() += c;
    }
    for (const std::string& word : words_)
      if (word.empty()) fail("words are separated by one space");
    return true;
  }

  template <class T>
  T choice(const std::string& name, const Names<T>& names) const {
    const auto found = names.find(name);
    if (found == names.end()) fail("unknown name '" + name + "'");
    return found->second;
  }

  std::string value(const std::string& word, const std::string& name) const {
    if (word.compare(0, name.size() + 1, name + "=") != 0)
      fail("expected " + name + "= before '" + word + "'");
    return word.substr(name.size() + 1);
  }

  int64_t integer(const std::string& text) const {
    char* end = nullptr;
    const long long number = std::strtoll(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || text != std::to_string(number)) fail("'" + text + "' is no integer");
    return number;
  }

  float real(const std::string& text) const {
    char* end = nullptr;
    const float number = std::strtof(text.c_str(), &end);
    if (text.empty() || *end != '\0' || std::isnan(number)) fail("'" + text + "' is no number");
    return number;
  }

  Dims dims(const std::string& text) const {
    Dims result{};
    std::stringstream parts(text);
    std::string part;
    while (std::getline(parts, part, ',')) {
      if (result.rank == max_graph_rank) fail("more than 5 dimensions");
      result.d[result.rank++] = integer(part);
    }
    if (text.empty() || text.back() == ',') fail("'" + text + "' is no list of integers");
    return result;
  }

  Type type(const std::string& name) const {
    return choice<Type>(name, {{"f32", Type::f32},
                               {"f16", Type::f16},
                               {"bf16", Type::bf16},
                               {"i8", Type::i8},
                               {"i32", Type::i32}});
  }

  TensorDesc tensor() const {
    if (words_.size() < 5 || words_.size() > 6 || (words_.size() == 6 && words_[5] != "virtual"))
      fail("expected: tensor <uid> <type> dims=... strides=... [virtual]");
    TensorDesc result{integer(words_[1]), type(words_[2]), dims(value(words_[3], "dims")),
                      dims(value(words_[4], "strides")), words_.size() == 6};
    if (result.uid < 0) fail("a uid is not negative");
    if (result.dims.rank != result.strides.rank) fail("as many strides as dimensions");
    return result;
  }

  // The attributes of a node, read in order.
  bool at(const std::string& name) const {
    return next_ < words_.size() && words_[next_].compare(0, name.size() + 1, name + "=") == 0;
  }
  std::string take(const std::string& name) {
    if (next_ == words_.size()) fail("expected " + name + "= at the end");
    return value(words_[next_++], name);
  }
  int64_t optional_uid(const std::string& name) { return at(name) ? integer(take(name)) : no_tensor; }
  float optional_real(const std::string& name, float otherwise) {
    return at(name) ? real(take(name)) : otherwise;
  }

  NodeDesc node() {
    next_ = 1;
    NodeDesc result;
    const std::string& kind = words_[0];
    if (kind == "conv_fprop" || kind == "conv_dgrad") {
      result.kind = kind == "conv_fprop" ? Kind::conv_fprop : Kind::conv_dgrad;
      result.x = integer(take("x"));
      result.b = integer(take("w"));
      result.y = integer(take("y"));
      result.pre = dims(take("pre"));
      result.post = dims(take("post"));
      result.strides = dims(take("strides"));
      result.dilations = dims(take("dilations"));
    } else if (kind == "pointwise") {
      result.mode = choice<int>(take("mode"), pointwise_modes());
      result.x = integer(take("x"));
      result.b = optional_uid("b");
      result.t = optional_uid("t");
      result.y = integer(take("y"));
      result.lower = optional_real("lower", result.lower);
      result.upper = optional_real("upper", result.upper);
      result.slope = optional_real("slope", result.slope);
      result.alpha = optional_real("alpha", result.alpha);
      result.beta = optional_real("beta", result.beta);
    } else if (kind == "matmul") {
      result.kind = Kind::matmul;
      result.x = integer(take("a"));
      result.b = integer(take("b"));
      result.y = integer(take("y"));
    } else if (kind == "resample") {
      result.kind = Kind::resample;
      result.mode = choice<int>(take("mode"), {{"max", CUDNN_RESAMPLE_MAXPOOL},
                                               {"avg_include", CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING},
                                               {"avg_exclude", CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING}});
      result.x = integer(take("x"));
      result.y = integer(take("y"));
      result.window = dims(take("window"));
      result.strides = dims(take("strides"));
      result.pre = dims(take("pre"));
      result.post = dims(take("post"));
    } else if (kind == "reduction") {
      result.kind = Kind::reduction;
      result.mode = choice<int>(take("mode"), {{"add", CUDNN_REDUCE_TENSOR_ADD},
                                               {"mul", CUDNN_REDUCE_TENSOR_MUL},
                                               {"min", CUDNN_REDUCE_TENSOR_MIN},
                                               {"max", CUDNN_REDUCE_TENSOR_MAX},
                                               {"amax", CUDNN_REDUCE_TENSOR_AMAX},
                                               {"avg", CUDNN_REDUCE_TENSOR_AVG},
                                               {"norm1", CUDNN_REDUCE_TENSOR_NORM1},
                                               {"norm2", CUDNN_REDUCE_TENSOR_NORM2}});
      result.x = integer(take("x"));
      result.y = integer(take("y"));
    } else {
      fail("unknown node '" + kind + "'");
    }
    result.compute = type(take("compute"));
    if (next_ != words_.size()) fail("unexpected '" + words_[next_] + "'");
    return result;
  }

  static Names<int> pointwise_modes() {
    return {{"add", CUDNN_POINTWISE_ADD},
            {"sub", CUDNN_POINTWISE_SUB},
            {"mul", CUDNN_POINTWISE_MUL},
            {"div", CUDNN_POINTWISE_DIV},
            {"min", CUDNN_POINTWISE_MIN},
            {"max", CUDNN_POINTWISE_MAX},
            {"pow", CUDNN_POINTWISE_POW},
            {"abs", CUDNN_POINTWISE_ABS},
            {"ceil", CUDNN_POINTWISE_CEIL},
            {"floor", CUDNN_POINTWISE_FLOOR},
            {"exp", CUDNN_POINTWISE_EXP},
            {"log", CUDNN_POINTWISE_LOG},
            {"neg", CUDNN_POINTWISE_NEG},
            {"sqrt", CUDNN_POINTWISE_SQRT},
            {"rsqrt", CUDNN_POINTWISE_RSQRT},
            {"erf", CUDNN_POINTWISE_ERF},
            {"reciprocal", CUDNN_POINTWISE_RECIPROCAL},
            {"identity", CUDNN_POINTWISE_IDENTITY},
            {"relu_fwd", CUDNN_POINTWISE_RELU_FWD},
            {"tanh_fwd", CUDNN_POINTWISE_TANH_FWD},
            {"sigmoid_fwd", CUDNN_POINTWISE_SIGMOID_FWD},
            {"elu_fwd", CUDNN_POINTWISE_ELU_FWD},
            {"gelu_fwd", CUDNN_POINTWISE_GELU_FWD},
            {"gelu_approx_tanh_fwd", CUDNN_POINTWISE_GELU_APPROX_TANH_FWD},
            {"softplus_fwd", CUDNN_POINTWISE_SOFTPLUS_FWD},
            {"swish_fwd", CUDNN_POINTWISE_SWISH_FWD},
            {"cmp_gt", CUDNN_POINTWISE_CMP_GT},
            {"cmp_ge", CUDNN_POINTWISE_CMP_GE},
            {"binary_select", CUDNN_POINTWISE_BINARY_SELECT}};
  }

  std::istream& in_;
  int number_ = 0;
  std::string line_;
  std::vector<std::string> words_;
  size_t next_ = 0;
};

}  // namespace arhat::cudnn
