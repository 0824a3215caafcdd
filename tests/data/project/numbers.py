def greatest_common_divisor(first, second):
    """Return the greatest common divisor of two whole numbers."""
    while second:
        first, second = second, first % second
    return abs(first)


def digits_of(number, base=10):
    """Return the digits of a number in a base, the most significant first."""
    number = abs(number)
    digits = [number % base]
    while number := number // base:
        digits.append(number % base)
    return digits[::-1]


def clamp(value, low, high):
    """Return the value, moved into the range from low to high."""
    if low > high:
        raise ValueError("low is greater than high")
    return max(low, min(high, value))


def running_mean(values):
    """Yield the mean of the values seen so far, after each value."""
    total = 0.0
    for count, value in enumerate(values, 1):
        total += value
        yield total / count


def is_prime_number(number):
    """Tell whether a whole number is prime, by trial division."""
    if number < 2:
        return False
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 1
    return True


def polynomial(coefficients, x):
    """Evaluate a polynomial by Horner's rule; the constant comes last."""
    result = 0
    for coefficient in coefficients:
        result = result * x + coefficient
    return result
