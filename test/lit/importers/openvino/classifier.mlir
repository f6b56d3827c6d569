// What a model of version 10 in FP16 becomes: f16 weights stay in the .bin and are raised to f32, padding is explicit,
// the shape subgraph is gone, and every operation names its layer and the line of the file.

// RUN: arhat-translate --import-openvino %S/Inputs/classifier.xml | filecheck %s --match-full-lines --strict-whitespace

// CHECK:builtin.module attributes {arhat.name = "classifier", {{.*}}} {
// CHECK-NEXT:  func.func @main(%{{.*}}: tensor<1x3x8x8xf32> {arhat.name = "data"}) -> (tensor<1x4xf32> {arhat.name = "prob \22*/\22"}) {
// CHECK-NEXT:    {{.*}} = arhat.constant() {value = #arhat.weight<"model"::"conv/weights@0">, arhat.layers = [#arhat.layer<"conv/weights", 5>]} : () -> tensor<4x3x3x3xf16>
// CHECK-NEXT:    {{.*}} = arhat.convert({{.*}}) {to = f32, arhat.layers = [#arhat.layer<"conv/weights", 5>]} : (tensor<4x3x3x3xf16>) -> tensor<4x3x3x3xf32>
// CHECK-NEXT:    {{.*}} = arhat.convolution({{.*}}) {strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 6>]} : {{.*}}
// CHECK-NEXT:    {{.*}} = arhat.relu({{.*}}) {arhat.layers = [#arhat.layer<"relu", 7>]} : {{.*}}
// CHECK-NEXT:    {{.*}} = arhat.reduce_mean({{.*}}) {axes = [2, 3], keep_dims = true, arhat.layers = [#arhat.layer<"pool", 9>]} : {{.*}}
// CHECK-NEXT:    {{.*}} = arhat.reshape({{.*}}) {shape = [1, 4], arhat.layers = [#arhat.layer<"flat", 16>]} : {{.*}}
// CHECK-NEXT:    {{.*}} = arhat.softmax({{.*}}) {axis = 1, arhat.layers = [#arhat.layer<"prob \22*/\22", 17>]} : {{.*}}
// CHECK-NEXT:    func.return {{.*}} : tensor<1x4xf32>
// CHECK-NEXT:  }
// CHECK-NEXT:}
