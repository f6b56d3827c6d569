// RUN: arhat-opt %s -p cudnn-lower,cudnn-plan -o %t.planned.mlir
// RUN: arhat-translate --emit-cuda %t.planned.mlir -o %t.out
// RUN: cat %t.out/model.cu | filecheck %s

// A convolution with bias and relu of 16-bit floats is one graph: its tables, then the function that runs it. The image
// comes as the caller has it, and gets the layout, the element type and the channels of the graph in one kernel.

// CHECK:      // 0: cudnn.transform -> 1 x 8 x 8 x 8
// CHECK:      static constexpr TransformParams params{1, 3, 8, 8, 8, {192, 64, 8, 1}, {512, 1, 64, 8}};
// CHECK-NEXT: transform(f.context, params, input<float>(f, 0), [[X:arena<half>\(f, [0-9]+\)]]);
// CHECK:      // 1: cudnn.graph conv_fprop add relu_fwd -> 1 x 16 x 8 x 8
// CHECK-NEXT: //   layers: 'conv', 'relu'
// CHECK-NEXT: constexpr cudnn::TensorDesc tensors_1[] = {
// CHECK-NEXT:     {1, Type::f16, {4, {1, 8, 8, 8}}, {4, {512, 1, 64, 8}}},
// CHECK-NEXT:     {2, Type::f16, {4, {16, 8, 3, 3}}, {4, {72, 1, 24, 8}}},
// CHECK-NEXT:     {3, Type::f16, {4, {1, 16, 1, 1}}, {4, {16, 1, 16, 16}}},
// CHECK-NEXT:     {4, Type::f32, {4, {1, 16, 8, 8}}, {4, {1024, 1, 128, 16}}, cudnn::is_virtual},
// CHECK-NEXT:     {5, Type::f32, {4, {1, 16, 8, 8}}, {4, {1024, 1, 128, 16}}, cudnn::is_virtual},
// CHECK-NEXT:     {6, Type::f16, {4, {1, 16, 8, 8}}, {4, {1024, 1, 128, 16}}},
// CHECK-NEXT: };
// CHECK-NEXT: constexpr cudnn::NodeDesc nodes_1[] = {
// CHECK-NEXT:     cudnn::conv_fprop(1, 2, 4, {2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}),
// CHECK-NEXT:     cudnn::binary(CUDNN_POINTWISE_ADD, 4, 3, 5),
// CHECK-NEXT:     cudnn::unary(CUDNN_POINTWISE_RELU_FWD, 5, 6),
// CHECK-NEXT: };
// CHECK:      void op_1(const Frame& f) {
// CHECK-NEXT:   run_graph(f, 0, {[[X]], weight<half>(f, 0), weight<half>(f, 2304), [[Y:arena<half>\(f, [0-9]+\)]]});

// The result goes to the caller as f32 and dense.
// CHECK:      // 2: cudnn.transform -> 1 x 16 x 8 x 8
// CHECK:      transform(f.context, params, [[Y]], output<float>(f, 0));
// CHECK:      {"relu.weights", Type::f16, 0, 2304},
// CHECK-NEXT: {"relu.bias", Type::f16, 2304, 32},
// CHECK:      {&graph_1, 1},
func.func @main(%x: tensor<1x3x8x8xf32>) -> tensor<1x16x8x8xf32> attributes {cudnn.math = "any"} {
  %w = arhat.constant() {value = dense<0.5> : tensor<16x3x3x3xf16>} : () -> tensor<16x3x3x3xf16>
  %b = arhat.constant() {value = dense<1.0> : tensor<16xf16>} : () -> tensor<16xf16>
  %0 = arhat.convert(%x) {to = f16} : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf16>
  %1 = arhat.convolution(%0, %w, bias = %b) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1],
      dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>,
      arhat.layers = [#arhat.layer<"conv", 7>, #arhat.layer<"relu", 9>]}
    : (tensor<1x3x8x8xf16>, tensor<16x3x3x3xf16>, tensor<16xf16>) -> tensor<1x16x8x8xf16>
  %2 = arhat.convert(%1) {to = f32} : (tensor<1x16x8x8xf16>) -> tensor<1x16x8x8xf32>
  func.return %2 : tensor<1x16x8x8xf32>
}
