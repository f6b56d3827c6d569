// CTCGreedyDecoder: the best classes of each sequence (OpenVINO CTCGreedyDecoder-1).
#include "../../kernels/ctc_blocks.hpp"
#include "../plugin.hpp"

namespace arhat::trt {
namespace {

// scores [T, N, C], mask [T, N] -> classes [N, T, 1, 1], -1 behind the last.
struct CtcGreedyDecoderPlugin : Description {
  static constexpr const char* name = "CTCGreedyDecoder";

  bool merge_repeated = true;

  template <class F>
  void fields(F& f) {
    f.may("merge_repeated", merge_repeated);
  }

  Signature signature() const { return {{{Kind::number}, {Kind::number}}, {{0}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_rank(in[0], 3, "the scores");
    return {{in[0][1], in[0][0], one, one}};
  }

  void check(const Tensors& in) const {
    check_rank(in[0], 3, "the scores");
    check_shape(in[1], {in[0][0], in[0][1]}, "the mask");
  }

  void launch(const Call& c) const {
    const int64_t steps = c.in[0][0], images = c.in[0][1], classes = c.in[0][2];
    const CtcParams p{images, steps, classes, classes, images * classes, classes - 1, merge_repeated};
    ctc_greedy_decoder(c.stream, p, c.input(0), c.input(1), c.output(0));
  }
};

const Registered<CtcGreedyDecoderPlugin> registered;

}  // namespace
}  // namespace arhat::trt
