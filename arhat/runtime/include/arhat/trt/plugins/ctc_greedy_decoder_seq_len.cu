// CTCGreedyDecoderSeqLen: the best classes of each sequence, and how many (OpenVINO CTCGreedyDecoderSeqLen-6).
#include "../../kernels/ctc_blocks.hpp"
#include "../plugin.hpp"

namespace arhat::trt {
namespace {

// scores [N, T, C], lengths [N] -> classes [N, T], -1 behind the last; their numbers [N].
struct CtcGreedyDecoderSeqLenPlugin : Description {
  static constexpr const char* name = "CTCGreedyDecoderSeqLen";

  int32_t blank = 0;
  bool merge_repeated = true;
  Word class_type, length_type;

  template <class F>
  void fields(F& f) {
    f.need("blank", blank, Whole{});
    f.may("merge_repeated", merge_repeated);
    f.may("class_type", class_type, index_types());
    f.may("length_type", length_type, index_types());
  }

  Signature signature() const {
    return {{{Kind::number}, {Kind::index}}, {{-1, index_type(class_type)}, {-1, index_type(length_type)}}};
  }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent&) const {
    check_rank(in[0], 3, "the scores");
    return {{in[0][0], in[0][1]}, {in[0][0]}};
  }

  void check(const Tensors& in) const {
    check_rank(in[0], 3, "the scores");
    check_shape(in[1], {in[0][0]}, "the lengths");
  }

  void launch(const Call& c) const {
    const int64_t images = c.in[0][0], steps = c.in[0][1], classes = c.in[0][2];
    const CtcParams p{images, steps, classes, steps * classes, classes, blank, merge_repeated};
    with_index(c.in[1].type, [&](auto length) {
      with_index(c.out[0].type, [&](auto label) {
        with_index(c.out[1].type, [&](auto count) {
          using I = decltype(length);
          using O = decltype(label);
          using C = decltype(count);
          ctc_greedy_decoder_seq_len(c.stream, p, c.input(0), c.input<I>(1), c.output<O>(0), c.output<C>(1));
        });
      });
    });
  }
};

const Registered<CtcGreedyDecoderSeqLenPlugin> registered;

}  // namespace
}  // namespace arhat::trt
