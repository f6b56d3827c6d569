// What MulticlassNms and MatrixNms share: boxes selected from all classes.
#pragma once

#include "../../kernels/multiclass_blocks.hpp"
#include "../plugin.hpp"
#include "sorting.hpp"

namespace arhat::trt {

// boxes [N, B, 4], scores [N, C, B] -> rows [K, 6] (class, score, corners), indices of the boxes [K, 1], numbers of
// rows of the images [N]. Rows that stay free are -1.
struct SelectedDescription : Description {
  Word sort_result_type, type;
  bool sort_result_across_batch = false, normalized = true;
  float score_threshold = 0;
  int32_t nms_top_k = -1, keep_top_k = -1, background_class = -1;

  template <class F>
  void shared_fields(F& f) {
    f.may("sort_result_type", sort_result_type, Words{{"none", "score", "class"}});
    f.may("sort_result_across_batch", sort_result_across_batch);
    f.may("score_threshold", score_threshold, Real{});
    f.may("nms_top_k", nms_top_k, Whole{-1});
    f.may("keep_top_k", keep_top_k, Whole{-1});
    f.may("background_class", background_class, Whole{-1});
    f.may("normalized", normalized);
    f.may("index_type", type, index_types());
  }

  Signature signature() const {
    const OutputRule index{-1, index_type(type)};
    return {{{Kind::number}, {Kind::number}}, {{0}, index, index}};
  }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_rank(in[0], 3, "the boxes");
    check_rank(in[1], 3, "the scores");
    const Extent &images = in[1][0], &classes = in[1][1], &boxes = in[1][2];
    const Extent most = nms_top_k < 0 ? boxes : boxes.at_most(one.constant(nms_top_k));
    // The background counts where there is such a class.
    Extent rows = most * classes;
    if (background_class >= 0) rows = rows - most * one.constant(background_class).less_than(classes);
    if (keep_top_k >= 0) rows = rows.at_most(one.constant(keep_top_k));
    rows = images * rows;
    return {{rows, one.constant(6)}, {rows, one}, {images}};
  }

  void check(const Tensors& in) const {
    check_rank(in[1], 3, "the scores");
    check_shape(in[0], {in[1][0], in[1][2], 4}, "the boxes");
  }

  // Rows in the order of their images, or of all of them.
  SelectedOrder order(bool matrix) const {
    const bool by_score = sort_result_type.index == 1, by_class = sort_result_type.index == 2;
    if (sort_result_across_batch && by_score) return SelectedOrder::score;
    if (sort_result_across_batch && by_class) return SelectedOrder::label;
    return by_class && !matrix ? SelectedOrder::image_class : SelectedOrder::image_score;
  }

  SelectedParams shared_params(const Tensors& in, const Tensors& out, bool matrix) const {
    const int boxes = whole(in[1][2]);
    SelectedParams p{};
    p.images = whole(in[1][0]);
    p.classes = whole(in[1][1]);
    p.boxes = boxes;
    p.most = nms_top_k < 0 ? boxes : std::min(nms_top_k, boxes);
    p.keep = keep_top_k;
    p.rows = whole(out[0][0]);
    p.background = background_class;
    p.matrix = matrix;
    p.normalized = normalized;
    p.order = order(matrix);
    p.score_threshold = score_threshold;
    p.eta = 1;
    return p;
  }

  static void select(const Call& c, const SelectedParams& p) {
    check_sort(static_cast<int64_t>(p.images) * p.classes, p.boxes, p.most);
    with_index(c.out[1].type, [&](auto zero) {
      using I = decltype(zero);
      select_boxes(c.stream, p, c.input(0), c.input(1), c.scratch, c.output(0), c.output<I>(1), c.output<I>(2));
    });
  }
};

}  // namespace arhat::trt
