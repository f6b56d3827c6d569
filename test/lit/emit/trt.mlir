// RUN: arhat-opt %s -p trt -o %t.trt.mlir
// RUN: arhat-translate --emit-tensorrt %t.trt.mlir -o %t.out
// RUN: cat %t.out/model.cpp | filecheck %s

// Every layer of the model is a layer of the network under its own name, and is added by a function of its own:
// TensorRT fuses by itself.

// CHECK:      using nvinfer1::ActivationType;
// CHECK:      // 2: trt.convolution -> 1 x 16 x 8 x 8
// CHECK-NEXT: //   layers: 'conv'
// CHECK-NEXT: void op_2(Network& n) {
// CHECK-NEXT:   auto& layer = n.layer(n->addConvolutionNd(n[0], 16, dims({3, 3}), n.weights(DataType::kFLOAT, 0, 432),
// CHECK-NEXT:       n.weights(DataType::kFLOAT, 1728, 16)), "conv");
// CHECK-NEXT:   layer.setPrePadding(dims({1, 1}));
// CHECK-NEXT:   layer.setPostPadding(dims({1, 1}));
// CHECK-NEXT:   n.set(2, layer.getOutput(0));
// CHECK-NEXT: }
// CHECK:      void op_3(Network& n) {
// CHECK-NEXT:   auto& layer = n.layer(n->addActivation(n[2], ActivationType::kRELU), "relu");
// CHECK-NEXT:   n.set(3, layer.getOutput(0));

// What TensorRT has no layer for is a plugin.
// CHECK:      // 4: trt.plugin ROIPooling -> 5 x 16 x 2 x 2
// CHECK:        auto& layer = n.plugin("ROIPooling", {n[3], n[1]}, {field_of_ints("pooled", {2, 2}),
// CHECK-NEXT:       field("spatial_scale", 0.5f), field("method", "max")}, "rois");

// CHECK:      constexpr LayerInfo ops[] = {
// CHECK-NEXT:   {"trt.convolution", "conv", "conv", {{.*}}, op_2},
// CHECK-NEXT:   {"trt.activation relu", "relu", "relu", {{.*}}, op_3},
// CHECK-NEXT:   {"trt.plugin ROIPooling", "rois", "rois", {{.*}}, op_4},
// CHECK:      constexpr PluginInfo plugins[] = {
// CHECK-NEXT:   {"ROIPooling", "rois"},
// CHECK:      constexpr size_t results[] = {4, 3};
func.func @main(%x: tensor<1x3x8x8xf32>, %r: tensor<5x5xf32>) -> (tensor<5x16x2x2xf32>, tensor<1x16x8x8xf32>) {
  %w = arhat.constant() {value = dense<0.5> : tensor<16x3x3x3xf32>} : () -> tensor<16x3x3x3xf32>
  %b = arhat.constant() {value = dense<1.0> : tensor<16xf32>} : () -> tensor<16xf32>
  %0 = arhat.convolution(%x, %w, bias = %b) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1],
      dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 7>]}
    : (tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>) -> tensor<1x16x8x8xf32>
  %1 = arhat.relu(%0) {arhat.layers = [#arhat.layer<"relu", 9>]} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
  %2 = arhat.roi_pooling(%1, %r) {pooled = [2, 2], spatial_scale = 0.5, method = "max",
      arhat.layers = [#arhat.layer<"rois", 11>]}
    : (tensor<1x16x8x8xf32>, tensor<5x5xf32>) -> tensor<5x16x2x2xf32>
  func.return %2, %1 : tensor<5x16x2x2xf32>, tensor<1x16x8x8xf32>
}
