// RUN: arhat-opt %s -p 'preprocess{layout=NHWC type=u8 mean=1.0,2.0,3.0 scale=2.0 reverse-channels=true}' | filecheck %s
// RUN: arhat-opt %s -p 'preprocess{layout=NHWC type=u8 mean=1.0,2.0,3.0 scale=2.0 reverse-channels=true},optimize' | filecheck %s --check-prefix=OPT

// CHECK: func.func @main(%x: tensor<1x6x6x3xui8> {arhat.name = "data", arhat.preprocessing = {mean = array<f64: 1.0{{.*}}, 2.0{{.*}}, 3.0{{.*}}>, scale = array<f64: 2.0{{.*}}>, reverse_channels = true}})
// CHECK: arhat.convert(%x) {to = f32
// CHECK: arhat.transpose(%{{.*}}) {perm = [0, 3, 1, 2]
// CHECK: arhat.constant() {value = dense<{{\[\[\[\[}}3.{{.*}}]], {{\[\[}}2.{{.*}}]], {{\[\[}}1.
// CHECK: arhat.subtract
// CHECK: arhat.divide
// CHECK: arhat.gather(%{{.*}}, %{{.*}}) {axis = 1, batch_dims = 0
// CHECK: arhat.convolution

// Nothing is left of the arithmetic: it is in the filter and the bias.
// OPT: %[[U:.*]] = arhat.convert(%x)
// OPT: %[[T:.*]] = arhat.transpose(%[[U]])
// OPT-NOT: arhat.gather
// OPT: arhat.convolution(%[[T]], %{{.*}}, bias = %{{.*}})
// OPT-NEXT: func.return
func.func @main(%x: tensor<1x3x6x6xf32> {arhat.name = "data"}) -> tensor<1x1x6x6xf32> {
  %w = arhat.constant() {value = dense<[[[[1.0]], [[2.0]], [[4.0]]]]> : tensor<1x3x1x1xf32>} : () -> tensor<1x3x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x3x6x6xf32>, tensor<1x3x1x1xf32>) -> tensor<1x1x6x6xf32>
  func.return %0 : tensor<1x1x6x6xf32>
}
