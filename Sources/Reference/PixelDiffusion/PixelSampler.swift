import Torch

/// From noise to images by DDIM with evenly spaced steps, and back.
package struct PixelSampler {
  /// How much noise a state has.
  let schedule: DiscreteSchedule
  /// How many steps.
  let stepCount: Int
  /// The images, [channel, height, width].
  let shape: [Int]

  /// What predicts the noise of images at a state.
  typealias Predictor = (_ images: Tensor, _ state: Int) throws -> Tensor

  /// Numbers of an image.
  var width: Int { shape.reduce(1, *) }

  /// Images in [0, 1] that noise, [image, channel, height, width], becomes.
  func images(from noise: Tensor, _ predict: Predictor) throws -> Tensor {
    try withoutGradients {
      let states = schedule.spaced(stepCount)
      var images = noise
      for (place, state) in states.enumerated().reversed() {
        images = try schedule.step(
          images, predict(images, state), from: state, to: place > 0 ? states[place - 1] : nil,
          clips: true)
      }
      return try ((images + 1) * 0.5).clamped(from: 0, to: 1)
    }
  }

  /// The noise that images in [0, 1] come from, by the same steps run backwards.
  ///
  /// arXiv:2111.15640, Eq. 8.
  func noise(of images: Tensor, _ predict: Predictor) throws -> Tensor {
    try withoutGradients {
      let states = schedule.spaced(stepCount)
      var result = try images * 2 - 1
      for (state, next) in zip(states, states.dropFirst()) {
        result = try schedule.step(result, predict(result, state), from: state, to: next)
      }
      return result
    }
  }

  /// The same noise for every image: traversals then differ in nothing but their codes.
  func fixedNoise(_ count: Int, on device: Device) throws -> Tensor {
    var noise = SampleNoise(seed: 0, samples: [0], width: width, device: device)
    return try noise.next().reshaped([1] + shape).expanded([count] + shape).contiguous()
  }
}
