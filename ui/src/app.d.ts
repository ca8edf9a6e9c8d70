/** `true` where the page can play without an agent: development and the test build, never the product. */
declare const __FAKE_BACKEND__: boolean;
