"""MultiPL-E files by name: SHA-256 of each, as bytedance/SandboxFusion carries them (469de0845cb7)."""

from __future__ import annotations

__all__ = ["CHECKSUMS"]

CHECKSUMS = {
    "humaneval-cpp": "a1a0796d028d53cd385cb295e906f57b721181a6152ebbec9fa4efaae126c82c",
    "humaneval-cs": "396274e55ea86aea17336068e2b9ea8805c0cc16e795a6b4b894fc1707af24d7",
    "humaneval-d": "e042479f6c550d3692ccadd7bafc17d021c427c8b875a290b6a34e32376016c5",
    "humaneval-go": "3e8889bdb4d566185c1a5e0489626c68eb288d4fbeaf9bc9c6abab1fae56674f",
    "humaneval-java": "6250789eb51e9f9463f750d3a228e13657cde5ca2a5fd2af0189161624a72482",
    "humaneval-jl": "dc5403e4553dcafdf9224eee0bf2eb4a6aebebe3278381943ed5e8bc7666f9aa",
    "humaneval-js": "5faa6c748fef5834526292b176ac6097b8feddc10002006fd49f12e4d193746f",
    "humaneval-lua": "19401269c52bb1a5470e2414220fbf660e50101f7b914e293881f1bab9856e50",
    "humaneval-php": "5e974c19d5c6285f3c8adb880c5bffc08af30bf3e148d6a2069d8ae340c39172",
    "humaneval-pl": "9b6c05603204867ffb037218f14438be41b9d43b8d9e2b0696bc66b01be0639c",
    "humaneval-r": "5ea2648f52600b7737d2406c0990f7508818113df6408db742222b3d01381d46",
    "humaneval-rb": "d12eb14a8a75893b2ba09de9f8f7dd59b35995bae1c44186902cba5144f6e7d2",
    "humaneval-rkt": "66c8330eec09f39359b0d40b6e28817b2b3863a87d5dfb5e8eb01d8d3e0f2727",
    "humaneval-rs": "7886c7646cfa0561cb7230befe945a514a4e9c182a8cff561d0ea4c7bb3b59da",
    "humaneval-scala": "b8151152aae8e52dd4acb3d50b81f5ac9f71c88b418ee6fd6eed225ff4dd4255",
    "humaneval-sh": "339613e446df07743cb05fb70328d20e4f0819fc66169291c5f7cc48a65bc8c7",
    "humaneval-swift": "10c2ad2068595301cacb96288b46046fd10348dfa9ac70fad7e2cfa76330e819",
    "humaneval-ts": "02b891d976ec6496de73781d6c65742a027f77537b808d74173c4411731dc127",
    "mbpp-cpp": "622a2eb6493dc0c78396553cb1575c390f1564f5027963f0322a921167f649d4",
    "mbpp-go": "3a6ab4437a2ead5fb5f925bc1ead81c0fae2fa8eced45026448fec92bb9e0a17",
    "mbpp-java": "d3c96f91cde77df5a905627c96fd335b4f6d0a86404b4a91552ab69b496d4f1a",
    "mbpp-js": "14d8c6c946ab9d04621c0c1bf47ac669bb90fae5807b4a6adc8c886182fa09d1",
    "mbpp-rs": "269147f9c323e12ea287409f606f48a600d5b477d1c625f7625d544c16b145d3",
}
"""`SOURCE-LANGUAGE` -> checksum."""
