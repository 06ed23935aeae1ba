extension RasterImage {
  /// The picture in another size, sample for sample what Pillow's `Image.resize` gives.
  ///
  /// Two passes, along rows first, in fixed point of 22 bits, each rounded to 8 bits (Pillow up to
  /// 12.1 always; later versions begin with columns for some strongly anisotropic sizes).
  ///
  /// - Parameters:
  ///   - height: Rows of the result.
  ///   - width: Pixels per row of the result.
  ///   - filter: The kernel; widened when shrinking.
  /// - Returns: The resized picture.
  public func resized(height: Int, width: Int, filter: ResizeFilter) -> RasterImage {
    precondition(height > 0 && width > 0, "a picture of \(height) x \(width)")
    var result = self
    if width != self.width { result = result.resizedRows(to: width, filter) }
    if height != self.height { result = result.resizedColumns(to: height, filter) }
    return result
  }

  /// The picture with its shorter side resized to `side`, as torchvision's `Resize(side)`.
  public func resized(shorterSide side: Int, filter: ResizeFilter = .bilinear) -> RasterImage {
    let size = Self.size(height: height, width: width, shorterSide: side)
    return resized(height: size.height, width: size.width, filter: filter)
  }

  static func size(height: Int, width: Int, shorterSide side: Int) -> (height: Int, width: Int) {
    width <= height ? (side * height / width, side) : (side, side * width / height)
  }

  /// A rectangle of the picture.
  public func cropped(top: Int, left: Int, height: Int, width: Int) -> RasterImage {
    precondition(
      top >= 0 && left >= 0 && height > 0 && width > 0 && top + height <= self.height
        && left + width <= self.width,
      "rows \(top)+\(height), columns \(left)+\(width) of \(self.height) x \(self.width)")
    var result: [UInt8] = []
    result.reserveCapacity(height * width * channelCount)
    for y in top..<top + height {
      let start = (y * self.width + left) * channelCount
      result += pixels[start..<start + width * channelCount]
    }
    return RasterImage(height: height, width: width, channelCount: channelCount, pixels: result)
  }

  /// The middle of the picture, placed as torchvision's `CenterCrop`.
  public func centerCropped(height: Int, width: Int) -> RasterImage {
    cropped(
      top: Self.centerOffset(self.height, height), left: Self.centerOffset(self.width, width),
      height: height, width: width)
  }

  /// Half the difference, rounded half to even as Python's `round`.
  static func centerOffset(_ size: Int, _ part: Int) -> Int {
    Int((Double(size - part) / 2).rounded(.toNearestOrEven))
  }

  // MARK: - Passes

  private func resizedRows(to newWidth: Int, _ filter: ResizeFilter) -> RasterImage {
    let window = ResizeWeights(from: width, to: newWidth, filter: filter)
    let weights = window.fixedPoint()
    let rowBytes = width * channelCount
    var result = [UInt8](repeating: 0, count: height * newWidth * channelCount)
    // One row with room behind it, so that four bytes can be loaded at every pixel.
    var row = [UInt8](repeating: 0, count: rowBytes + 4)
    let channelCount = channelCount
    result.withUnsafeMutableBytes { target in
      pixels.withUnsafeBytes { source in
        row.withUnsafeMutableBytes { row in
          for y in 0..<height {
            row.copyMemory(
              from: UnsafeRawBufferPointer(rebasing: source[y * rowBytes..<(y + 1) * rowBytes]))
            var place = y * newWidth * channelCount
            for x in 0..<newWidth {
              var sum = SIMD4<Int32>(repeating: 1 << 21)
              let start = window.starts[x]
              let first = x * window.stride
              for tap in 0..<window.counts[x] {
                let samples = row.loadUnaligned(
                  fromByteOffset: (start + tap) * channelCount, as: SIMD4<UInt8>.self)
                sum &+= SIMD4<Int32>(truncatingIfNeeded: samples) &* weights[first + tap]
              }
              let clipped = (sum &>> 22).clamped(
                lowerBound: SIMD4(repeating: 0), upperBound: SIMD4(repeating: 255))
              for channel in 0..<channelCount {
                target[place] = UInt8(truncatingIfNeeded: clipped[channel])
                place += 1
              }
            }
          }
        }
      }
    }
    return RasterImage(
      height: height, width: newWidth, channelCount: channelCount, pixels: result)
  }

  private func resizedColumns(to newHeight: Int, _ filter: ResizeFilter) -> RasterImage {
    let window = ResizeWeights(from: height, to: newHeight, filter: filter)
    let weights = window.fixedPoint()
    let rowBytes = width * channelCount
    var result = [UInt8](repeating: 0, count: newHeight * rowBytes)
    var sums = [Int32](repeating: 0, count: rowBytes)
    result.withUnsafeMutableBufferPointer { target in
      pixels.withUnsafeBufferPointer { source in
        sums.withUnsafeMutableBufferPointer { sums in
          for y in 0..<newHeight {
            sums.update(repeating: 1 << 21)
            for tap in 0..<window.counts[y] {
              let weight = weights[y * window.stride + tap]
              let row = (window.starts[y] + tap) * rowBytes
              for x in 0..<rowBytes { sums[x] &+= Int32(source[row + x]) &* weight }
            }
            for x in 0..<rowBytes {
              target[y * rowBytes + x] = UInt8(truncatingIfNeeded: min(max(sums[x] >> 22, 0), 255))
            }
          }
        }
      }
    }
    return RasterImage(
      height: newHeight, width: width, channelCount: channelCount, pixels: result)
  }
}
